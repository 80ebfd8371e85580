import { Announcer } from './announce/announcer.ts';
import { openPacketSender, type PacketSender } from './announce/packet-sender.ts';
import { after, elapsedMs, systemClock, type Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { Elector } from './election/elector.ts';
import { openEtcdStore } from './election/etcd/open.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from './election/promise.ts';
import type { Store } from './election/store.ts';
import type { Emit } from './events.ts';
import { LifetimeGuard } from './fencing/lifetime-guard.ts';
import { NetworkMonitor } from './network/monitor.ts';
import { openNetwork, type RtNetlink } from './network/rtnetlink.ts';
import { Observer } from './observe/observer.ts';
import { refuseOwnVipAsEndpoint, refuseUnusableVips } from './refusals.ts';
import { OperatorError } from './errors.ts';
import { lockRuntimeDirectory } from './runtime/directory.ts';
import { takeDaemonLock } from './runtime/namespace-lock.ts';
import { requireCapabilities } from './runtime/privileges.ts';
import { StateFile } from './runtime/state-file.ts';
import { report } from './report.ts';
import { tick } from './ticker.ts';
import { packageVersion } from './version.ts';
import { GroupController } from './vip/controller.ts';
import { Groups } from './vip/groups.ts';
import { withdrawLeftovers } from './vip/reconcile.ts';

/** A stop is over after this, even when etcd is silent: 2 s from the signal to the end, with reserve. */
const STOP_WITHIN_MS = 1500;
const REVOKE_WITHIN_MS = 300;
/** From the release to the rest of a stop. */
const YIELD_MS = 50;
/** A tick that is late by less is noise: nobody is told. */
const LAG_WORTH_TELLING_MS = 5;

/** The parts of a running daemon, in the order in which they are made; stopped in the reverse order. */
interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly network: RtNetlink;
  readonly monitor: NetworkMonitor;
  readonly state: StateFile;
  readonly store: Store;
  readonly sender: PacketSender;
  readonly groups: Groups;
  readonly elector: Elector;
}

/**
 * Runs the daemon in this process until SIGTERM or SIGINT, then releases what it holds and resolves.
 * @throws OperatorError for what must be put right before it can start
 */
export async function runDaemon(config: Config): Promise<void> {
  requireCapabilities();
  const stopped = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => stopped.abort(name);
  // Listening from the first moment: a signal during the start must not leave anything half done.
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const opened = new Opened();
  try {
    lockRuntimeDirectory(config.runtimeDir);
    const unlock = await takeDaemonLock();
    if (unlock === undefined) {
      throw new OperatorError(
        'another vip-elector runs in this network namespace: one daemon a host; ' +
          'give it more groups instead, or stop it first',
      );
    }
    opened.add(unlock);
    await refuseOwnVipAsEndpoint(config, systemClock);
    const observer = new Observer(config, packageVersion(), systemClock);
    const parts = await openParts(config, systemClock, observer, opened);
    await serve(parts, observer, stopped.signal);
  } finally {
    await opened.close();
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}

/** What was opened so far, to be closed in the reverse order, also when the rest could not be. */
class Opened {
  readonly #closers: (() => void | Promise<void>)[] = [];

  add(close: () => void | Promise<void>): void {
    this.#closers.unshift(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }
}

async function openParts(
  config: Config,
  clock: Clock,
  observer: Observer,
  opened: Opened,
): Promise<Parts> {
  const emit: Emit = (event) => observer.record(event);
  const { node, prefix, timing, groups: configured } = config;
  const state = new StateFile(config.runtimeDir, { node, prefix }, clock);
  const network = await openNetwork(clock);
  opened.add(() => network.close());
  const isRecorded = (link: string, address: string): boolean =>
    state.addresses.some((each) => each.link === link && each.address === address);
  const monitor = new NetworkMonitor({ network, clock, emit, isRecorded });
  opened.add(() => monitor.stop());
  const store = await openEtcdStore(config.etcd, { clock, emit });
  opened.add(() => store.close());
  const sender = openPacketSender();
  opened.add(() => sender.close());
  const groups = new Groups();
  const announcer = new Announcer(
    {
      clock,
      sender,
      mayAnnounce: (group) => groups.get(group)?.fence.isOpen(clock.now()) === true,
      emit,
    },
    { everyMs: timing.announceEveryMs },
  );
  const facts = (): string =>
    JSON.stringify({
      version: observer.version,
      links: monitor.links.map(({ name }) => name),
      groups: configured.map(({ name, vips }) => ({ name, vips: vips.map((vip) => vip.address) })),
      listen: config.listen,
    });
  const elector = new Elector(
    { store, clock, journal: state, emit, listener: groups },
    { node, prefix, groups: configured, timing, facts },
  );
  const guard = new LifetimeGuard(network, clock);
  const shared = { network, monitor, guard, journal: state, clock, emit, announcer };
  for (const group of configured) {
    groups.add(new GroupController({ ...shared, election: elector }, group));
  }
  return { config, clock, emit, network, monitor, state, store, sender, groups, elector };
}

async function serve(parts: Parts, observer: Observer, stop: AbortSignal): Promise<void> {
  const { config, clock, emit, monitor, groups, elector } = parts;
  const startedAt = clock.now();
  const { version } = observer;
  emit({ type: 'started', version, node: config.node });
  await monitor.start();
  refuseUnusableVips(config, monitor);
  await reconcile(parts);
  monitor.subscribe((event) => groups.onNetwork(event));
  const running = new AbortController();
  const { signal } = running;
  const answers = report({
    config,
    clock,
    version,
    startedAt,
    groups,
    elector,
    etcd: observer.etcd,
  });
  await observer.start(answers, signal);
  const pulse = {
    onTick: (lagMs: number): void => {
      if (lagMs > LAG_WORTH_TELLING_MS) emit({ type: 'loop-lag', lagMs });
      for (const controller of groups.all()) controller.check();
    },
    onSuspended: (ms: number): void => {
      for (const controller of groups.all()) controller.onSuspended(ms);
    },
  };
  const loops = [campaign(parts, signal), tick(clock, pulse, signal), monitor.run(signal)];
  const ended = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  let defect: unknown;
  try {
    await Promise.race([ended, ...loops]);
  } catch (error) {
    // A loop ends before the stop only by a defect: what we hold is withdrawn like at any stop, and
    // the process ends. A supervisor starts the next one.
    defect = error;
  }
  const stoppingAt = clock.now();
  emit({ type: 'stopping', signal: defect === undefined ? String(stop.reason) : 'defect' });
  await release(parts);
  // The successor takes now: what is left of our work must not stand in its way.
  await clock.sleep(YIELD_MS);
  running.abort(new Error('the daemon stops'));
  await Promise.allSettled(loops);
  if (!config.keepOnStop) await elector.retire(REVOKE_WITHIN_MS);
  await observer.stop();
  emit({ type: 'stopped', durationMs: clock.now() - stoppingAt });
  if (defect !== undefined) throw defect;
}

/** Takes part in the elections, once it is known that nothing of the past can be on the links. */
async function campaign({ clock, state, elector }: Parts, signal: AbortSignal): Promise<void> {
  const { quietUntil } = state.memory;
  if (state.pastIsUnknown) {
    try {
      await clock.sleep(Math.max(elapsedMs(clock.now(), quietUntil), 0), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
  await elector.run(signal);
}

/** What the state file claims stays until we know; everything else of ours goes at once (rule 15). */
async function reconcile({ clock, state, monitor, network, groups, emit }: Parts): Promise<void> {
  const { memory } = state;
  const now = clock.now();
  if (!state.foundPredecessor && !network.marksAddresses) {
    // Nobody can tell what an earlier daemon left on the links: wait until it must be gone, before
    // the first beat says that we claim nothing (rule 15 [H12]).
    state.pastIsUnknown = true;
    memory.quietUntil = after(now, LONGEST_TAKEOVER_AFTER_MS);
  }
  const remembered = memory.tokens.flatMap(({ group, token }) => {
    const controller = groups.get(group);
    return controller === undefined ? [] : [{ controller, token }];
  });
  const resumable = memory.promisedEnd > now ? remembered : [];
  await withdrawLeftovers({ network, monitor, clock, emit }, (address) =>
    resumable.some(({ controller }) =>
      controller.group.vips.some((vip) => vip.address === address.address),
    ),
  );
  memory.tokens = remembered.map(({ controller, token }) => ({
    group: controller.group.name,
    token,
  }));
  state.save();
  for (const controller of groups.all()) {
    const token = remembered.find((each) => each.controller === controller)?.token;
    controller.start(
      token === undefined ? undefined : { token, sentAt: now, deadline: memory.promisedEnd },
    );
  }
}

async function release({ config, clock, groups }: Parts): Promise<void> {
  const controllers = groups.all();
  if (config.keepOnStop) {
    await Promise.all(controllers.map((controller) => controller.abandon()));
    return;
  }
  const limit = new AbortController();
  const cancel = clock.timer(STOP_WITHIN_MS, () =>
    limit.abort(new Error('the stop takes too long')),
  );
  await Promise.all(controllers.map((controller) => controller.stop(limit.signal)));
  cancel();
}
