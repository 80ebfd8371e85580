// A real keepalived on the benchmark's lab, once: that the adapter configures it, that a kill leaves
// none of its processes, and that what it leaves is seen.
import { existsSync } from 'node:fs';
import t from 'tap';
import { Lab } from '../../src/lab/lab.ts';
import { processTree } from '../../src/lab/process-tree.ts';
import { keepalived } from '../bench/compare/keepalived.ts';
import { COMPARED } from '../bench/compare/scenarios.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const { signal } = new AbortController();
const contender = keepalived(100);

await inNamespace(t, import.meta.url, async () => {
  await t.test('keepalived hands the address over, and keeps it when killed', async (t) => {
    await using lab = await Lab.create({
      nodes: 2,
      etcd: false,
      daemon: (context) => contender.command(context),
    });
    await lab.start(signal);
    await lab.settled(signal);
    const handover = COMPARED.find(({ name }) => name === 'handover')!;
    const { runs } = await lab.run(handover, { signal, runs: 1, phaseMs: contender.beatEveryMs });
    const [run] = runs;
    t.ok((run?.analysis.outageMs ?? 0) > 0, 'an outage is seen');
    // Who had it at that moment: on a busy machine keepalived may have moved it once by itself.
    const { before = NaN, after } = run?.analysis ?? {};
    t.equal(after, 1 - before, 'the other host has it');

    const holder = await lab.settled(signal);
    const pids = processTree(holder.pid ?? 0);
    t.ok(pids.length > 1, 'it is more than one process');
    const { rssMib = 0 } = (await holder.usage()) ?? {};
    t.ok(rssMib > 1, `${rssMib} MiB`);
    await holder.killDaemon();
    const patience = AbortSignal.timeout(5_000);
    // One that has ended and was not reaped yet has no program any more.
    while (pids.some((pid) => existsSync(`/proc/${pid}/exe`))) await lab.clock.sleep(10, patience);
    const left = (await holder.addresses()).map(({ address }) => address);
    t.ok(left.includes(lab.vips[0] ?? ''), 'the address is left behind');
  });
});
