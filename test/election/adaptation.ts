import t from 'tap';
import { after, type Instant } from '../../src/clock.ts';
import { timingFor } from '../../src/config/profiles.ts';
import { Adaptation } from '../../src/election/adaptation.ts';

const { shortest, ...longest } = timingFor({ profile: 'adaptive' });
const START = 1000 as Instant;
/** So often a holder beats while it goes down. */
const BEAT_MS = 500;

/** Beats of this round trip for so long. @returns the promises on the way, each once */
function beats(adaptation: Adaptation, from: Instant, forMs: number, tripMs: number): number[] {
  const promises: number[] = [];
  for (let ms = 0; ms <= forMs; ms += BEAT_MS) {
    if (adaptation.confirmed(tripMs, after(from, ms))) promises.push(adaptation.terms.holdForMs);
  }
  return promises;
}

await t.test('it begins with the longest promise and goes down a step at a time', async (t) => {
  const adaptation = new Adaptation(longest, shortest, START);
  t.equal(adaptation.terms.holdForMs, 3000);
  t.strictSame(beats(adaptation, START, 90_000, 5), [2700, 2400, 2100, 1800, 1500, 1200, 900, 600]);
  t.strictSame(adaptation.terms, shortest);
});

await t.test('a failure takes it up at once, and the way down begins anew', async (t) => {
  const adaptation = new Adaptation(longest, shortest, START);
  beats(adaptation, START, 90_000, 5);
  const at = after(START, 100_000);
  t.equal(adaptation.failed(at), true);
  t.equal(adaptation.terms.holdForMs, 3000);
  t.equal(adaptation.failed(after(at, 100)), false, 'told once');
  t.strictSame(beats(adaptation, after(at, 100), 9_500, 5), []);
  t.strictSame(beats(adaptation, after(at, 10_100), 0, 5), [2700]);
});

await t.test('a slow round trip takes it up as far as it needs', async (t) => {
  const adaptation = new Adaptation(longest, shortest, START);
  beats(adaptation, START, 90_000, 5);
  const at = after(START, 100_000);
  // 2.5 × 200 ms: a deadline of 500 ms, 4 of 8 steps of 69 ms above 250.
  t.equal(adaptation.confirmed(200, at), true);
  t.equal(adaptation.terms.requestDeadlineMs, 525);
  t.equal(adaptation.terms.holdForMs, 1800);
  t.equal(adaptation.confirmed(200, after(at, 500)), false);
  t.equal(adaptation.confirmed(1000, after(at, 1000)), true);
  t.equal(adaptation.terms.holdForMs, 3000);
});

await t.test('it stays above what one slow beat in ten seconds needs', async (t) => {
  const adaptation = new Adaptation(longest, shortest, START);
  let at = START;
  for (let round = 0; round < 20; round += 1) {
    adaptation.confirmed(150, at);
    beats(adaptation, at, 9_500, 5);
    at = after(at, 10_000);
  }
  // 2.5 × 150 ms = 375 ms: 2 steps above 250.
  t.equal(adaptation.terms.requestDeadlineMs, 388);
});

await t.test('without shorter terms nothing ever changes', async (t) => {
  const adaptation = new Adaptation(longest, undefined, START);
  t.strictSame(beats(adaptation, START, 90_000, 1), []);
  t.equal(adaptation.failed(after(START, 100_000)), false);
  t.equal(adaptation.terms, longest);
});
