import type { Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { Elector } from './election/elector.ts';
import { openEtcdStore } from './election/etcd/open.ts';
import type { Store } from './election/store.ts';
import type { Emit } from './events.ts';
import { nodeFacts, noticing } from './facts.ts';
import type { KernelGuard } from './fencing/kernel-guard.ts';
import { openGuard } from './guard.ts';
import { hinting } from './hints.ts';
import { openLan } from './lan.ts';
import { NetworkMonitor } from './network/monitor.ts';
import { openNetwork } from './network/rtnetlink.ts';
import type { Network } from './network/types.ts';
import { TracedNetwork } from './observe/traced-network.ts';
import { TracedStore } from './observe/traced-store.ts';
import type { Opened } from './opened.ts';
import { probesOf } from './probes.ts';
import { DrainFile } from './runtime/drain-file.ts';
import { StateFile } from './runtime/state-file.ts';
import { refuseTalosVips } from './talos/admission.ts';
import { Tempo } from './tempo.ts';
import type { ControllerParts } from './vip/controller.ts';
import { Drain } from './vip/drain.ts';
import { Groups } from './vip/groups.ts';
import { Handover } from './vip/handover.ts';
import { watchOutage } from './vip/outage.ts';
import { LineUp } from './vip/line-up.ts';

/** The parts of a running daemon, in the order in which they are made. */
export interface Parts {
  /** As it was read at the start. */
  readonly config: Config;
  /** The timing that the kernel's guard allows. */
  readonly tempo: Tempo;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly network: Network;
  readonly monitor: NetworkMonitor;
  readonly guard: KernelGuard;
  readonly state: StateFile;
  readonly store: Store;
  readonly groups: Groups;
  readonly lineUp: LineUp;
  /** @throws ConfigError for groups whose VIPs Talos manages, StoreError while etcd does not answer */
  readonly admit: (groups: Config['groups'], signal: AbortSignal) => Promise<void>;
  readonly elector: Elector;
  readonly handover: Handover;
  readonly drain: Drain;
  /** Aborts with what a group's work threw that nobody expected: the daemon has to end. */
  readonly broken: AbortSignal;
  readonly onDefect: (error: unknown) => void;
}

export interface PartsOptions {
  readonly config: Config;
  /** Of this program: told to the other nodes. */
  readonly version: string;
  readonly clock: Clock;
  readonly emit: Emit;
}

/**
 * Makes the parts and puts them together. Nothing is started.
 * @param opened keeps how to close what was opened, also when a later part could not be made
 * @throws NetworkError, SystemError, OperatorError when a part cannot be made
 */
export async function openParts(
  { config, version, clock, emit }: PartsOptions,
  opened: Opened,
): Promise<Parts> {
  const { node, prefix, groups: configured, runtimeDir } = config;
  const state = new StateFile(runtimeDir, { node, prefix }, clock);
  // Seams are told of at this level only: otherwise nothing stands between the rooms and them.
  const traced = config.logLevel === 'debug';
  const kernel = await openNetwork(clock);
  opened.add(() => kernel.close());
  const network = traced ? new TracedNetwork(kernel, emit) : kernel;
  const { guard, timing, fence } = openGuard({ network, clock, emit }, config.timing, opened);
  const isRecorded = (link: string, address: string): boolean =>
    state.addresses.some((each) => each.link === link && each.address === address);
  const monitor = new NetworkMonitor({ network, clock, emit, isRecorded });
  opened.add(() => monitor.stop());
  const etcd = await openEtcdStore(config.etcd, { clock, emit });
  opened.add(() => etcd.close());
  const store = traced ? new TracedStore(etcd, emit) : etcd;
  const groups = new Groups();
  const mark = new DrainFile(config.stateDir);
  const mayAnnounce = (group: string): boolean =>
    groups.get(group)?.fence.isOpen(clock.now()) === true;
  const lan = openLan({ config: { ...config, timing }, store, clock, emit, mayAnnounce }, opened);
  const facts = (): string =>
    nodeFacts({ config, version, monitor, groups, lineUp, drained: () => mark.isThere });
  const admit: Parts['admit'] = (wanted, signal) =>
    refuseTalosVips({ groups: wanted }, store, {
      deadlineMs: tempo.timing.requestDeadlineMs,
      signal,
    });
  const elector = new Elector(
    {
      store,
      clock,
      journal: state,
      emit,
      listener: groups,
      admit: (signal) => admit(lineUp.configs, signal),
    },
    { node, prefix, groups: configured, timing, facts },
  );
  const tempo = new Tempo({ timing, fence, elector, announcer: lan.announcer });
  const broken = new AbortController();
  const onDefect = (error: unknown): void => broken.abort(error);
  const { onConflict } = config;
  const hints = hinting(emit, (work) => void clock.timer(0, work));
  const telling = noticing(hints, () => elector.factsChanged());
  const shared = { network, monitor, guard, journal: state, clock, emit: telling, onDefect };
  const controllers = { ...shared, ...lan, election: elector, onConflict };
  const operations = operationsOf({ config, groups, elector, mark, controllers });
  const { lineUp } = operations;
  opened.add(() => lineUp.stop());
  return {
    config,
    tempo,
    clock,
    emit,
    network,
    monitor,
    guard,
    state,
    store,
    groups,
    elector,
    admit,
    ...operations,
    broken: broken.signal,
    onDefect,
  };
}

/** The groups with their probes, and what operators may ask for. */
function operationsOf({
  config: { node, groups: configured },
  groups,
  elector,
  mark,
  controllers,
}: Pick<Parts, 'groups' | 'elector'> & {
  readonly config: Config;
  readonly mark: DrainFile;
  readonly controllers: ControllerParts & { readonly journal: StateFile };
}): Pick<Parts, 'handover' | 'drain' | 'lineUp'> {
  const { clock, monitor, journal } = controllers;
  const handover = new Handover({
    node,
    clock,
    groups,
    election: elector,
    watchOutage: ({ group, status }) => {
      const { link } = status.assignment;
      return link && watchOutage({ clock, monitor }, group.vips, link);
    },
  });
  const onChange = (): void => elector.factsChanged();
  const drain = new Drain({ node, clock, groups, mark, handover, onChange });
  const lineUp = new LineUp({
    controllers,
    groups,
    handover,
    election: elector,
    probes: (group) => probesOf({ clock, monitor }, group),
    onAdded: (controller) => drain.added(controller),
    remembers: (name) => journal.memory.tokens.some(({ group }) => group === name),
  });
  for (const group of configured) lineUp.add(group);
  return { handover, drain, lineUp };
}
