// What does not happen every day: a process that is stuck or comes back, a record or a key that somebody
// meddles with, an etcd that is full, restarted or forgetful. The whole list: docs/faults.md.
import t from 'tap';
import { goneByDeadline, holderStayed, measureIs } from '../../src/lab/checks.ts';
import type { Check } from '../../src/lab/scenario.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import {
  assertNothingLeft,
  assertSafe,
  scenarioOf,
  startLab,
  type Outcome,
} from '../fixtures/scenarios.ts';

interface Case {
  readonly name: string;
  readonly sentence: string;
  readonly outcome: Outcome;
  /** What must hold beside safety; nothing about speed. */
  readonly checks?: readonly Check[];
}

const CASES: readonly Case[] = [
  {
    name: 'block',
    sentence: 'a loop that is stuck for 5 s: off by the deadline, nothing claimed when it goes on',
    outcome: 'any',
    checks: [goneByDeadline],
  },
  {
    name: 'wall-clock',
    sentence: 'a wall clock that jumps by an hour, and back: no move',
    outcome: 'any',
    checks: [holderStayed],
  },
  {
    name: 'replies-lost',
    sentence: 'etcd hears the holder, the holder does not hear etcd: another holds in time',
    outcome: 'moves',
  },
  {
    name: 'lease-revoked',
    sentence: 'somebody revokes the lease: the holder lets go, one holds again',
    outcome: 'any',
    checks: [goneByDeadline],
  },
  {
    name: 'key-deleted',
    sentence: 'somebody deletes the candidate key: likewise',
    outcome: 'any',
    checks: [goneByDeadline],
  },
  {
    name: 'heartbeat-overwritten',
    sentence: "somebody overwrites the holder's heartbeat: it lets go, another holds",
    outcome: 'any',
    checks: [goneByDeadline],
  },
  {
    name: 'etcd-restart',
    sentence: 'all of etcd is killed and started again: one holder throughout',
    outcome: 'any',
  },
  {
    name: 'nospace',
    sentence: 'etcd is full: off by the deadline, the log says why, one holds when it is not',
    outcome: 'any',
    checks: [goneByDeadline, measureIs('named', 1)],
  },
  {
    name: 'compaction',
    sentence: 'what the watches missed is compacted away: a dead holder is followed all the same',
    outcome: 'moves',
  },
];

await inNamespace(t, import.meta.url, async () => {
  const lab = await startLab(t, 'end0', { saboteur: true });

  for (const { name, sentence, outcome, checks = [] } of CASES) {
    await t.test(sentence, async (t) => {
      const seen = await assertSafe(t, lab, scenarioOf(name), outcome);
      for (const { facts, isVoid } of seen) {
        const problems = isVoid ? [] : checks.flatMap((check) => check([facts]));
        t.strictSame(problems, [], name);
      }
    });
  }

  await t.test('nothing is left behind', (t) => assertNothingLeft(t, lab));
});
