// A rolling upgrade from an earlier commit to this build, on real kernels and a real etcd: while versions are
// mixed all works; a restart with resume loses no probe, one without a handover for each time the holder stops.
import t from 'tap';
import { daemonCommand } from '../../../src/lab/daemon-command.ts';
import type { Command, LabHost } from '../../../src/lab/host.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { earlierBuild } from '../../fixtures/earlier-build.ts';
import { inNamespace } from '../../fixtures/namespace.ts';
import { until } from '../../fixtures/program.ts';
import { watchedLab } from '../../fixtures/watched-lab.ts';

/** Of the night before; nothing of its protocol is known to be different, which is what is tested. */
const EARLIER = 'ce0c6817c90e';
/** A planned move leaves nobody for less than this (test/netns/handover.ts). */
const HANDOVER_MS = 500;
/** steady's bound for a crash (docs/safety.md), generous by a second for a slow machine. */
const CRASH_MS = 5_000;
/** The longest hold: how fast this machine starts a process must not decide. */
const RESUMING = ['--hold-for', '10s', '--keep-on-stop'];

const earlier = earlierBuild(EARLIER);

/** The same for the earlier build, which knows no state directory yet. */
function asEarlier(command: readonly string[]): string[] {
  const state = command.indexOf('--state-dir');
  return command
    .filter((_, index) => index !== state && index !== state + 1)
    .map((word) => (word.endsWith('/dist/main.js') ? earlier : word));
}

/** Three hosts, each with the build that it is told to have. */
class MixedLab {
  readonly lab: Lab;
  readonly #earlier: Set<string>;

  private constructor(lab: Lab, names: Set<string>) {
    this.lab = lab;
    this.#earlier = names;
  }

  /** All begin with the earlier build. @param flags further ones, of every daemon */
  static async create(flags: readonly string[]): Promise<MixedLab> {
    const names = new Set(['h1', 'h2', 'h3']);
    const lab = await Lab.create({
      nodes: 3,
      daemon: (context): Command => {
        const command = [...daemonCommand(context), ...flags];
        const all = names.has(context.node) ? asEarlier(command) : command;
        // Without the NODE_OPTIONS of tap: a daemon has no loader of tests.
        return ['env', '-u', 'NODE_OPTIONS', ...all];
      },
    });
    return new MixedLab(lab, names);
  }

  /**
   * Stops the daemon of a host as systemd does, starts the other build, and waits until that has a place:
   * what a kept address and a kept lease show of it outlives the process.
   */
  async swap(host: LabHost): Promise<void> {
    host.signal('SIGTERM');
    await host.ended();
    if (!this.#earlier.delete(host.name)) this.#earlier.add(host.name);
    const { length } = await host.daemonRecords();
    await host.startDaemon();
    await until(`${host.name} leads or follows`, async () => {
      const lines = (await host.daemonRecords()).slice(length);
      return lines.some(({ msg, to }) => msg === 'leader changed' || to === 'leading') || undefined;
    });
  }
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('with resume: three nodes up, and down again, and no probe is lost', async (t) => {
    const signal = AbortSignal.timeout(400_000);
    const mixed = await MixedLab.create(RESUMING);
    await using lab = mixed.lab;
    await lab.start(signal);
    const holder = await lab.settled(signal);
    for (const way of ['up', 'down']) {
      // The holder between the others: old beside new on either side of it.
      const [first, last] = lab.hosts.filter((host) => host !== holder);
      for (const host of [first!, holder, last!]) {
        const seen = await watchedLab(lab, async () => {
          await mixed.swap(host);
          t.equal(await lab.settled(signal), holder, `${way}: ${holder.name} holds`);
        });
        const what = `${way}, ${host === holder ? 'holder' : 'follower'} ${host.name}`;
        t.equal(seen.lostProbes, 0, `${what}: no probe lost (${seen.outageMs} ms)`);
        t.equal(seen.twoHoldersMs, 0, what);
        t.equal(seen.twoAddressesMs, 0, what);
      }
    }
    const transitions = (await holder.daemonRecords()).filter(({ to }) => to === 'leading');
    t.strictSame(
      transitions.map(({ reason }) => reason),
      ['elected', 'lease-resumed', 'lease-resumed'],
      'each build resumed what the other left',
    );
  });

  await t.test('without: at most one handover a node; a crash among mixed versions', async (t) => {
    const signal = AbortSignal.timeout(400_000);
    const mixed = await MixedLab.create([]);
    await using lab = mixed.lab;
    await lab.start(signal);
    await lab.settled(signal);
    for (const host of lab.hosts) {
      const before = await lab.settled(signal);
      const seen = await watchedLab(lab, async () => {
        await mixed.swap(host);
        await lab.settled(signal);
      });
      const most = host === before ? 1 : 0;
      t.ok(seen.outages.length <= most, `${host.name}: ${seen.outages.length} outages of ${most}`);
      t.ok(seen.outageMs <= HANDOVER_MS, `handed over in ${seen.outageMs.toFixed(1)} ms`);
      t.equal(seen.twoHoldersMs, 0);
      t.equal(seen.twoAddressesMs, 0);
      t.comment(`${host.name}: ${seen.lostProbes} probes lost in ${seen.outageMs.toFixed(1)} ms`);
      if (host === lab.hosts[2]) break;
      const dying = await lab.settled(signal);
      const crash = await watchedLab(lab, async () => {
        await dying.killDaemon();
        while (lab.holder() === undefined || lab.holder() === dying) await lab.clock.sleep(20);
        await dying.startDaemon();
        await lab.settled(signal);
      });
      t.ok(crash.outageMs <= CRASH_MS, `mixed, ${dying.name} crashed: ${crash.outageMs} ms`);
      t.equal(crash.twoHoldersMs, 0);
      t.equal(crash.twoAddressesMs, 0);
    }
  });
});
