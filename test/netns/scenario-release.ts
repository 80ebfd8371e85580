// Holds that end in order, and faults of one process, over etcd on a network of its own: the address
// leaves the link before etcd is told, and at no moment two hosts hold it.
import t, { type Test } from 'tap';
import { addressSpans } from '../../src/lab/analysis.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { Stage } from '../../src/lab/scenario.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { ReleaseWitness } from '../fixtures/release-witness.ts';
import {
  assertNothingLeft,
  assertSafe,
  scenarioOf,
  startLab,
  type Seen,
} from '../fixtures/scenarios.ts';

/** The last frames of a burst (design §6) leave 1.55 s after its first. */
const BURST_MS = 2_000;

/** Runs a scenario in which the holder releases, and asserts the order: withdraw, release, take. */
async function assertOrder(t: Test, lab: Lab, name: string): Promise<void> {
  const witnesses: ReleaseWitness[] = [];
  t.teardown(() => Promise.all(witnesses.map((witness) => witness[Symbol.asyncDispose]())));
  const { inject } = scenarioOf(name);
  const scenario = scenarioOf(name, {
    inject: async (stage) => {
      const witness = new ReleaseWitness(lab, stage.holder.index);
      witnesses.push(witness);
      await witness.ready();
      await inject(stage);
    },
  });
  const seen = await assertSafe(t, lab, scenario, 'moves');
  for (const [index, run] of seen.entries()) await assertOrdered(t, lab, run, witnesses[index]!);
}

async function assertOrdered(
  t: Test,
  lab: Lab,
  { facts, recording }: Seen,
  witness: ReleaseWitness,
): Promise<void> {
  const { before, after } = facts.analysis;
  const spans = addressSpans(recording, lab.vips[0]!);
  // `ip monitor` stamps what it is told of a little late: the kernel had done it by then.
  const removedAt = spans[before]?.at(-1)?.to ?? Infinity;
  const assignedAt = spans[after ?? -1]?.at(-1)?.from ?? -Infinity;
  const { record, together } = await witness.release();
  const releasedAt = witness.releasedAt ?? -Infinity;
  t.comment(`released ${(releasedAt - removedAt).toFixed(2)} ms after the withdrawal`);
  t.ok(removedAt < releasedAt, 'the address is off before the release leaves the host');
  t.ok(releasedAt < record.at, 'and so before etcd shows it');
  t.ok(releasedAt < assignedAt, 'before the next holder has the address');
  t.match(JSON.parse(record.value), { state: 'released', node: lab.hosts[before]?.name });
  const gone = together.filter(({ deleted }) => deleted).map(({ key }) => key);
  t.match(gone, [/^\/vip-elector\/elections\/default\//], 'its transaction deletes the key');
  const takings = witness.changes.filter(
    ({ key, value, revision }) =>
      key === record.key && revision > record.revision && value.includes('"state":"held"'),
  );
  t.match(JSON.parse(takings[0]?.value ?? '{}'), { node: lab.hosts[after ?? -1]?.name });
}

await inNamespace(t, import.meta.url, async () => {
  const lab = await startLab(t, 'mgmt0');

  await t.test('SIGTERM: withdrawn, then released, then taken by the next', (t) =>
    assertOrder(t, lab, 'handover'),
  );

  await t.test('a pulled cable: withdrawn, then released, then taken by the next', (t) =>
    assertOrder(t, lab, 'cable-mgmt'),
  );

  await t.test('SIGKILL: the kernel takes the address away, and only then another has it', (t) =>
    assertSafe(t, lab, scenarioOf('kill'), 'moves'),
  );

  await t.test('SIGSTOP: nor does the holder claim anything when it goes on', (t) =>
    assertSafe(t, lab, scenarioOf('freeze'), 'moves'),
  );

  await t.test('somebody deletes the address: it comes back where it was, announced', (t) => {
    // The same host answers again at once: to see the whole burst, it is recorded for longer.
    const outcome = ({ signal }: Stage): Promise<void> => lab.clock.sleep(BURST_MS, signal);
    return assertSafe(t, lab, scenarioOf('flush', { outcome }), 'returns');
  });

  await t.test('nothing is left behind', (t) => assertNothingLeft(t, lab));
});
