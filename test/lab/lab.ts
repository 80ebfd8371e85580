/**
 * The lab itself, with stand-ins for the daemon: that it builds and removes what it says, that each
 * fault does what its name says, and above all that it sees two holders when there are two.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Lab } from '../../src/lab/lab.ts';
import { ip } from '../../src/lab/ip.ts';
import { analyse } from '../../src/lab/analysis.ts';
import { heldAtTheEnd, holderChanged, oneHolder } from '../../src/lab/checks.ts';
import { SCENARIOS } from '../../src/lab/scenarios.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const standIn = fileURLToPath(new URL('../fixtures/stand-in.mjs', import.meta.url));
const signal = new AbortController().signal;

function scenario(name: string) {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

async function startLab(mode: (node: string) => 'honest' | 'greedy'): Promise<Lab> {
  const lab: Lab = await Lab.create({
    nodes: 2,
    etcd: false,
    daemon: ({ node, vips }) => [
      process.execPath,
      standIn,
      mode(node),
      vips[0]!,
      join(lab.dir, 'lock'),
    ],
  });
  await lab.start(signal);
  return lab;
}

await inNamespace(t, import.meta.url, async () => {
  await t.test(
    'one holder after another is seen as that, and nothing is left behind',
    async (t) => {
      const lab = await startLab(() => 'honest');
      const pids = lab.hosts.map(({ pid }) => pid);
      try {
        const holder = await lab.settled(signal);
        t.match(await holder.addresses(), [{ address: '127.0.0.1' }, {}, {}, {}]);
        for (const name of ['handover', 'kill', 'flush']) {
          const { runs } = await lab.run(scenario(name), { signal, runs: 1 });
          const [run] = runs;
          t.ok(run, name);
          t.same(oneHolder(runs), [], `${name}: one holder`);
          t.same(heldAtTheEnd(runs), [], `${name}: held at the end`);
          t.ok((run?.analysis.outageMs ?? 0) > 0, `${name}: an outage is seen`);
          if (name !== 'flush') t.same(holderChanged(runs), [], `${name}: it moves`);
        }
      } finally {
        await lab[Symbol.asyncDispose]();
      }
      await lab[Symbol.asyncDispose]();
      t.equal((await ip('netns', 'list')).trim(), 'self', 'no namespace is left');
      t.notOk(existsSync(lab.dir), 'no file is left');
      for (const pid of pids) t.notOk(existsSync(`/proc/${pid}`), 'no process is left');
    },
  );

  await t.test('two holders are seen, on the wire and on the links', async (t) => {
    await using lab = await startLab((node) => (node === 'h1' ? 'honest' : 'greedy'));
    const patience = AbortSignal.timeout(10_000);
    for (const host of lab.hosts) {
      const there = async (): Promise<boolean> =>
        (await host.addresses()).some(({ address }) => address === lab.vips[0]);
      while (!(await there())) await lab.clock.sleep(10, patience);
    }
    await lab.instruments.mark();
    await lab.clock.sleep(300);
    const recording = await lab.instruments.collect();
    const now = lab.clock.now();
    const none = { before: 0, beganAt: now, faultAt: now, isolations: [] };
    const analysis = analyse(recording, none);
    t.ok(analysis.twoHoldersMs > 250, `${analysis.twoHoldersMs} ms on the wire`);
    t.ok(analysis.twoAddressesMs > 250, `${analysis.twoAddressesMs} ms on the links`);
  });

  await t.test('each fault does what its name says, until it is healed', async (t) => {
    await using lab = await startLab(() => 'honest');
    const { index, namespace } = await lab.settled(signal);
    const carrier = async (link: string): Promise<boolean> =>
      (await ip('-n', namespace, 'link', 'show', 'dev', link)).includes('LOWER_UP');
    const outageDuring = async (fault: () => Promise<void>): Promise<number> => {
      await lab.instruments.mark();
      await fault();
      await lab.clock.sleep(200);
      await lab.faults.heal();
      await lab.clock.sleep(200);
      const recording = await lab.instruments.collect();
      const now = lab.clock.now();
      return analyse(recording, { before: index, beganAt: now, faultAt: now, isolations: [] })
        .outageMs;
    };
    const silenced = await outageDuring(async () => {
      await lab.faults.silence(index);
      t.ok(await carrier('end0'), 'silent: the carrier stays');
    });
    t.ok(silenced >= 200, `silent: nobody answers for ${silenced} ms`);
    const unplugged = await outageDuring(async () => {
      await lab.faults.pullCable(index, 'end0');
      t.notOk(await carrier('end0'), 'cable: no carrier');
      t.ok(await carrier('mgmt0'), 'cable: the other link is as before');
    });
    t.ok(unplugged >= 200, `cable: nobody answers for ${unplugged} ms`);
    t.ok(await carrier('end0'), 'healed: carrier');
    t.equal(lab.faults.isolations().length, 2, 'both isolated the host');
    const cut = await outageDuring(() => lab.faults.cutFromEtcd(index));
    t.ok(cut < 100, 'etcd-cut: the host stays on the LAN');
    t.equal(lab.faults.isolations().length, 2, 'and is not isolated');
  });
});
