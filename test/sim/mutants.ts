import { readFileSync } from 'node:fs';
import t from 'tap';
import { failsWith, hunt, withoutMutant } from './mutants/hunt.ts';
import { loadMutants, type Mutant } from './mutants/mutant.ts';

/** Mutants hunted side by side: as many as this project's machines have cores. */
const LANES = 2;
/** All of them, on a machine that has other things to do besides, in milliseconds. */
const WITHIN_MS = 900_000;

/** How many holes protocol.md names with each letter. */
const HOLES = [
  ['H', 13],
  ['A', 10],
] as const;
/** Why these have none. */
const WITHOUT_MUTANT: ReadonlyMap<string, string> = new Map([
  ['A4', 'a wait that begins when we become first is longer: it costs time and no promise'],
  ['A5', 'is not in protocol.md'],
  ['A9', 'is not in protocol.md'],
]);

t.setTimeout(WITHIN_MS);
const mutants = loadMutants();

await t.test('each mutant has a name of its own, and what shows it or why it may survive', (t) => {
  t.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const { name, within = 0, directed, survives } of mutants) {
    t.equal(within > 0 || directed !== undefined, survives === undefined, name);
  }
  t.end();
});

await t.test('each hole of protocol.md has a mutant, or a reason why it has none', (t) => {
  const named = mutants.map(({ rule }) => rule).join(' ');
  for (const [letter, count] of HOLES) {
    for (let number = 1; number <= count; number += 1) {
      const hole = `${letter}${number}`;
      const reason = WITHOUT_MUTANT.get(hole);
      t.equal(new RegExp(`\\b${hole}\\b`).test(named), reason === undefined, hole);
      if (reason !== undefined) t.comment(`${hole} has no mutant: ${reason}`);
    }
  }
  t.end();
});

await t.test('what a mutant replaces is in the source exactly once', (t) => {
  for (const { name, edits } of mutants) {
    const texts = new Map<string, string>();
    for (const { file, from, to } of edits) {
      const before =
        texts.get(file) ?? readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      t.equal(before.split(from).length, 2, `${name}: ${from}`);
      texts.set(
        file,
        before.replace(from, () => to),
      );
    }
  }
  t.end();
});

/** One of these is true of each mutant; the simulated schedules come first. */
async function check(mutant: Mutant): Promise<void> {
  const { name, survives, test } = mutant;
  if (survives === undefined) {
    const found = await hunt(mutant);
    t.ok(found, `${name}: ${found?.invariant ?? 'survived'}, seed ${found?.seed}`);
    if (found === undefined) return;
    // A crash shows that the mutant is no code, not that anybody judges what it does.
    t.not(found.invariant, 'defect', `${name} crashes`);
    const { violation } = await withoutMutant(mutant, found.seed);
    t.equal(violation, undefined, `${name}: seed ${found.seed} without it`);
  } else if (test !== undefined) {
    t.ok(await failsWith(mutant, test), `${name}: ${test}`);
  } else t.comment(`${name} survives: ${survives}`);
}

await t.test('every mutant is found', { timeout: WITHIN_MS }, async () => {
  const left = [...mutants];
  const next = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      await check(mutant);
    }
  };
  await Promise.all(Array.from({ length: LANES }, next));
});
