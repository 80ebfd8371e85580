// docs/migrate.md, "From keepalived", step by step with Debian's keepalived: there and back, and at no
// moment two holders. Also what happens to one who does not wait.
import t from 'tap';
import { daemonCommand, type DaemonContext } from '../../../src/lab/daemon-command.ts';
import type { Command, LabHost } from '../../../src/lab/host.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { keepalived } from '../../bench/compare/keepalived.ts';
import { inNamespace } from '../../fixtures/namespace.ts';
import { Program } from '../../fixtures/program.ts';
import { watchedLab } from '../../fixtures/watched-lab.ts';

/** The very first holder waits out the longest promise, 12 s (protocol.md rule 8); and a slow machine. */
const FIRST_MS = 20_000;
/** Without a change of holder for so long, calm. */
const QUIET_MS = 2_000;

async function stop(host: LabHost): Promise<void> {
  host.signal('SIGTERM');
  await host.ended();
}

await inNamespace(t, import.meta.url, async () => {
  const signal = AbortSignal.timeout(300_000);
  const old = keepalived(1_000);
  let ours = false;
  const contexts = new Map<string, DaemonContext>();
  const lab = await Lab.create({
    nodes: 3,
    daemon: (context): Command => {
      contexts.set(context.node, context);
      return ours ? daemonCommand(context) : old.command(context);
    },
  });
  t.teardown(() => lab[Symbol.asyncDispose]());
  await lab.start(signal);
  const vip = lab.vips[0]!;

  const heldBySomeone = async (): Promise<LabHost> => {
    for (;;) {
      const holder = lab.holder();
      if (holder !== undefined && lab.holderForMs() >= QUIET_MS) return holder;
      await lab.clock.sleep(50, signal);
    }
  };
  const stopAll = async (last: LabHost): Promise<void> => {
    const others = lab.hosts.filter((host) => host !== last);
    for (const host of [...others, last]) await stop(host);
  };
  const startAll = async (): Promise<void> => {
    for (const host of lab.hosts) await host.startDaemon();
  };
  /** The hosts that have the address on a link. */
  const withAddress = async (): Promise<string[]> => {
    const all = await Promise.all(
      lab.hosts.map(async (host) =>
        (await host.addresses()).some(({ address }) => address === vip) ? [host.name] : [],
      ),
    );
    return all.flat();
  };
  /** What `vip-elector check` on a host finds, with the daemon's own flags. */
  const check = async (host: LabHost): Promise<{ code: number | null; text: string }> => {
    const { node, vips, endpoints, runtimeDir } = contexts.get(host.name)!;
    const what = ['--node', node, '--vip', vips.join(), '--link', 'end0'];
    const where = ['--etcd', endpoints.join(), '--runtime-dir', `${runtimeDir}-check`];
    const program = new Program(['check', ...what, ...where], { namespace: host.namespace });
    const { code } = await program.end();
    return { code, text: program.stdout };
  };
  const status = async (host: LabHost): Promise<string> => {
    const program = new Program(['status', '--etcd', contexts.get(host.name)!.endpoints.join()], {
      namespace: host.namespace,
    });
    t.equal((await program.end()).code, 0, program.stderr);
    return program.stdout;
  };

  const master = await heldBySomeone();
  await t.test(
    'while keepalived holds, `check` says so, and a daemon leaves it alone',
    async (t) => {
      const { code, text } = await check(master);
      t.equal(code, 3, 'a failure');
      t.match(text, /fail.*is on link end0 and we did not put it there/);
      t.match(text, /stop what put it there \(keepalived/);
      const seen = await watchedLab(lab, async () => {
        const context = contexts.get(master.name)!;
        // Too early, and where the old one holds: it may not take, nor withdraw what is not its own.
        const [, main = '', ...args] = daemonCommand({
          ...context,
          runtimeDir: `${context.runtimeDir}-early`,
        });
        t.match(main, /main\.js$/);
        const early = new Program(args, { namespace: master.namespace });
        await early.said({ msg: 'transition', to: 'faulted', reason: 'foreign-address' });
        // Longer than the first of all takings waits.
        await lab.clock.sleep(13_000, signal);
        t.same(early.all({ to: 'assigning' }), []);
        await early.stop();
      });
      t.equal(seen.lostProbes, 0, 'keepalived held all the while');
      t.equal(seen.twoHoldersMs, 0);
      t.same(await withAddress(), [master.name]);
    },
  );

  await t.test('there: backups first, the master last, then all of ours', async (t) => {
    const there = await watchedLab(lab, async () => {
      await stopAll(master);
      t.same(await withAddress(), [], 'step 2: on no node');
      for (const host of lab.hosts) {
        const { code, text } = await check(host);
        t.equal(code, 0, `${host.name} is ready${code === 0 ? '' : `: ${text}`}`);
      }
      ours = true;
      await startAll();
      const holder = await lab.settled(signal);
      t.match(await status(holder), new RegExp(`default +${vip} +${holder.name}`));
    });
    t.equal(there.twoHoldersMs, 0);
    t.equal(there.twoAddressesMs, 0);
    t.equal(there.outages.length, 1, 'one outage, which the page tells of');
    t.comment(`away for ${(there.outageMs / 1_000).toFixed(1)} s, with three checks`);
  });

  await t.test('back: all of ours stop, the holder last, then keepalived', async (t) => {
    const holder = await lab.settled(signal);
    const back = await watchedLab(lab, async () => {
      await stopAll(holder);
      t.same(await withAddress(), [], 'the last withdrew it');
      ours = false;
      await startAll();
      await heldBySomeone();
    });
    t.equal(back.twoHoldersMs, 0);
    t.equal(back.twoAddressesMs, 0);
    t.ok(back.outageMs < FIRST_MS, `away for ${back.outageMs.toFixed(0)} ms`);
    t.equal((await withAddress()).length, 1);
  });
});
