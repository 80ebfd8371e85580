import { after, elapsedMs, type Clock } from './clock.ts';
import type { Elector } from './election/elector.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from './election/promise.ts';
import type { Journal } from './election/types.ts';
import type { Emit } from './events.ts';
import type { KernelGuard } from './fencing/kernel-guard.ts';
import type { NetworkMonitor } from './network/monitor.ts';
import type { Network } from './network/types.ts';
import type { Groups } from './vip/groups.ts';
import { withdrawLeftovers } from './vip/reconcile.ts';

/** What an earlier daemon wrote down, as the state file tells it. */
interface Past extends Journal {
  readonly foundPredecessor: boolean;
  pastIsUnknown: boolean;
}

/** What tells of the past, and what it concerns. */
export interface PastParts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly network: Network;
  readonly monitor: NetworkMonitor;
  readonly state: Past;
  readonly groups: Groups;
  readonly guard: Pick<KernelGuard, 'guarded' | 'settle' | 'shut'>;
}

/**
 * Deals with what an earlier daemon left, and starts the groups. What the state file claims stays until
 * we know whether it can be resumed; everything else of ours goes at once (rule 15).
 * @throws OperatorError when an address cannot be withdrawn, NetworkError when an earlier fence cannot
 *   be removed; Error when the state file cannot be written
 */
export async function settlePast({
  clock,
  state,
  monitor,
  network,
  groups,
  guard,
  emit,
}: PastParts): Promise<void> {
  const { memory } = state;
  const now = clock.now();
  if (!state.foundPredecessor && !network.marksAddresses) {
    memory.quietUntil = after(now, LONGEST_TAKEOVER_AFTER_MS);
  }
  // Nobody can tell what an earlier daemon left on the links, nor could one that began to wait and died:
  // wait until it must be gone, before the first beat says that we claim nothing (rule 15 [H12]).
  state.pastIsUnknown = !network.marksAddresses && memory.quietUntil > now;
  const remembered = memory.tokens.flatMap(({ group, token }) => {
    const controller = groups.get(group);
    return controller === undefined ? [] : [{ controller, token }];
  });
  // What was promised is not yet proved, and the kernel's guards do not count a suspend: who was killed
  // then, and finds etcd silent now, must not hold for longer than it had the right to.
  const { provedEnd } = memory;
  const resumable = provedEnd > now ? remembered : [];
  const stay = await guard.guarded(resumable.flatMap(({ controller }) => controller.group.vips));
  await withdrawLeftovers({ network, monitor, clock, emit }, ({ address }) =>
    stay.some((vip) => vip.address === address),
  );
  if (state.pastIsUnknown) {
    // What nobody can tell from others' addresses may be on a link, behind a fence that a dead daemon
    // set up: nothing of it can be resumed, so it is shut now. The fence stays until that must be gone.
    const all = groups.all().flatMap(({ group }) => group.vips);
    await guard.shut((await guard.guarded(all)).filter((vip) => !stay.includes(vip)));
  } else await guard.settle(stay);
  memory.tokens = remembered.map(({ controller, token }) => ({
    group: controller.group.name,
    token,
  }));
  state.save();
  for (const controller of groups.all()) {
    const token = remembered.find((each) => each.controller === controller)?.token;
    const runs = token !== undefined && provedEnd > now;
    controller.start(runs ? { token, sentAt: now, deadline: provedEnd } : undefined);
  }
}

/**
 * Takes part in the elections until the signal aborts, once it is known that nothing of the past can be on
 * the links.
 * @throws NetworkError when an earlier fence cannot be removed then
 */
export async function campaign(
  {
    clock,
    state,
    elector,
    guard,
  }: Pick<PastParts, 'clock' | 'state' | 'guard'> & { readonly elector: Pick<Elector, 'run'> },
  signal: AbortSignal,
): Promise<void> {
  const { quietUntil } = state.memory;
  if (state.pastIsUnknown) {
    try {
      await clock.sleep(Math.max(elapsedMs(clock.now(), quietUntil), 0), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await guard.settle([]);
  }
  await elector.run(signal);
}
