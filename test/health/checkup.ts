// Rounds of probes in simulated time.
import t from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import { Checkup } from '../../src/health/checkup.ts';
import type { Probe } from '../../src/health/types.ts';
import { settle, VirtualClock } from '../fixtures/virtual-clock.ts';

const TIMING = { fall: 2, rise: 2, everyMs: 1000, timeoutMs: 300 };

function begin(probes: readonly Probe[], clock = new VirtualClock()) {
  const events: ElectorEvent[] = [];
  let rounds = 0;
  const onRound = (): void => {
    rounds += 1;
  };
  const emit = (event: ElectorEvent): void => void events.push(event);
  const checkup = new Checkup({ clock, emit, group: 'api', probes, onRound }, TIMING);
  const ending = new AbortController();
  const ended = checkup.run(ending.signal);
  return { checkup, clock, events, ending, ended, rounds: () => rounds };
}

await t.test('what fails is told once, with the reason; all must succeed', async (t) => {
  let err: string | undefined;
  const good = { name: 'a', ask: async () => {} };
  const other = {
    name: 'b',
    ask: async () => {
      if (err !== undefined) throw new Error(err);
    },
  };
  const { checkup, clock, events, ending, ended, rounds } = begin([good, other]);
  t.equal(checkup.verdict, 'unknown');
  t.equal(checkup.detail, 'not probed yet');
  await settle();
  t.equal(checkup.verdict, 'healthy');
  t.equal(checkup.detail, '');
  err = 'refused';
  await clock.advance(3000);
  t.equal(checkup.verdict, 'unhealthy');
  t.equal(checkup.detail, 'b: refused');
  t.strictSame([...checkup.failures], [['b', 'refused']]);
  err = undefined;
  await clock.advance(2000);
  t.equal(checkup.detail, 'the probes succeed again, and must for 4 s more');
  await clock.advance(5000);
  t.equal(checkup.verdict, 'healthy');
  t.strictSame(events, [
    { type: 'probe', group: 'api', probe: 'a', up: true },
    { type: 'probe', group: 'api', probe: 'b', up: true },
    { type: 'health', group: 'api', healthy: true },
    { type: 'probe', group: 'api', probe: 'b', up: false, err: 'refused' },
    { type: 'health', group: 'api', healthy: false, detail: 'b: refused' },
    { type: 'probe', group: 'api', probe: 'b', up: true },
    { type: 'health', group: 'api', healthy: true },
  ]);
  t.equal(rounds(), 11);
  ending.abort(new Error('over'));
  await ended;
  t.equal(clock.pending, 0, 'no timer is left');
});

await t.test('one that never answers has failed in time, and the next round comes', async (t) => {
  let asked = 0;
  const signals: AbortSignal[] = [];
  const deaf = {
    name: 'deaf',
    ask: (signal: AbortSignal) => {
      asked += 1;
      signals.push(signal);
      return new Promise<void>(() => {});
    },
  };
  const { checkup, clock, ending, ended } = begin([deaf]);
  await clock.advance(299);
  t.equal(checkup.verdict, 'unknown');
  await clock.advance(2);
  t.equal(checkup.verdict, 'unhealthy');
  t.equal(checkup.detail, 'deaf: no answer within 300 ms');
  t.ok(signals[0]?.aborted, 'it was told to end');
  await clock.advance(1000);
  t.equal(asked, 2);
  ending.abort(new Error('over'));
  await ended;
});
