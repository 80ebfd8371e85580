import { readFileSync } from 'node:fs';
import t from 'tap';
import { GIVEN_BY_NOTHING, REACHED_ELSEWHERE, unreached } from './soak/coverage.ts';
import { soak } from './soak/soak.ts';
import { emptySummary, merge } from './soak/summary.ts';

/**
 * Schedules of `npm test`, by the profiles of their hosts: as many as its time allows. `npm run test:full`
 * takes 20,000 (test/full/sim/schedules.ts), `npm run soak` other seeds, and more. One with mixed profiles takes longer: a fast holder beats five times as often. One with operations takes
 * thrice as long: groups are probed, and the LAN is asked.
 */
const SCHEDULES = [
  [undefined, 4000, false],
  ['mixed', 1500, false],
  ['mixed', 800, true],
] as const;
/** Two cores that have nothing else to do need about 2 minutes for all. */
const WITHIN_MS = 900_000;

t.setTimeout(WITHIN_MS);

const all = emptySummary();

for (const [profiles, count, operations] of SCHEDULES) {
  await t.test(
    `no schedule breaks an invariant, and after its faults somebody holds: profiles ${profiles ?? 'seconds'}${operations ? ', with operations' : ''}`,
    { timeout: WITHIN_MS },
    async (t) => {
      const options = { schedules: count, firstSeed: 1, workers: 2, profiles, operations };
      const summary = await soak(options);
      merge(all, summary);
      const { schedules, failures } = summary;
      t.equal(schedules, count);
      t.strictSame(failures, []);
    },
  );
}

await t.test(
  'every row of the transition table and every reason that the daemon gives is reached by a test',
  (t) => {
    const { states, reasons } = unreached(all.transitions);
    t.strictSame(states, []);
    const elsewhere = new Set<string>([...REACHED_ELSEWHERE.keys(), ...GIVEN_BY_NOTHING]);
    t.strictSame(
      reasons.filter((reason) => !elsewhere.has(reason)),
      [],
    );
    for (const [reason, file] of REACHED_ELSEWHERE) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      t.match(text, `reason: '${reason}'`, file);
    }
    t.end();
  },
);
