import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { NetworkMonitor } from '../network/monitor.ts';
import type { LinkAddress, Network } from '../network/types.ts';

const MAX_TRIES = 5;
const RETRY_MS = 200;

interface ReconcileParts {
  readonly network: Network;
  readonly monitor: NetworkMonitor;
  readonly clock: Clock;
  readonly emit: Emit;
}

/**
 * Before anything else at start: takes every address that is ours off every link, but for those that
 * `mayStay` until we know whether their right can be resumed. Resolves when a dump confirms it.
 * @throws OperatorError when the kernel keeps one in spite of everything
 */
export async function withdrawLeftovers(
  { network, monitor, clock, emit }: ReconcileParts,
  mayStay: (address: LinkAddress) => boolean,
): Promise<void> {
  let failure: unknown;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const left = monitor.addresses.filter((address) => address.ours && !mayStay(address));
    if (left.length === 0) return;
    // All at once: one that the kernel does not answer for must not keep the others on their links.
    const withdrawals = left.map(async ({ linkIndex, ...vip }) => {
      await network.withdraw(linkIndex, vip);
      emit({ type: 'leftover-withdrawn', vip: vip.address, link: monitor.linkName(linkIndex) });
    });
    for (const each of await Promise.allSettled(withdrawals)) {
      if (each.status === 'rejected') failure = each.reason;
    }
    await monitor.refresh();
    if (attempt > 0) await clock.sleep(RETRY_MS);
  }
  const left = monitor.addresses.filter((address) => address.ours && !mayStay(address));
  if (left.length === 0) return;
  const names = left.map(({ address }) => address).join(', ');
  throw new OperatorError(`cannot withdraw ${names}, left by an earlier vip-elector`, undefined, {
    cause: failure,
  });
}
