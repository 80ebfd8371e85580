import { ArpAsker } from '../announce/arp-asker.ts';
import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { NetworkMonitor } from '../network/monitor.ts';
import type { Link, Vip } from '../network/types.ts';

/** Questions go out this often: what the outage is measured to. */
const ASK_EVERY_MS = 5;

/** How long nobody answered for a VIP, as this host saw it. */
export interface Outage extends Disposable {
  /** Asks, and hears whether another host answers by now: milliseconds since we gave up, else undefined. */
  look(): number | undefined;
}

/**
 * Watches a VIP from the moment that we give it up.
 * @param link that it was on here
 * @returns undefined for one that ARP does not concern
 * @throws SystemError when the link is gone or we lack CAP_NET_RAW
 */
export function watchOutage(
  { clock, monitor }: { readonly clock: Clock; readonly monitor: NetworkMonitor },
  vips: readonly Vip[],
  link: Link,
): Outage | undefined {
  const vip = vips.find(({ family }) => family === 4);
  if (vip === undefined) return undefined;
  const own = monitor.addresses.find(
    ({ linkIndex, family, ours }) => linkIndex === link.index && family === 4 && !ours,
  );
  const address = own?.address ?? '0.0.0.0';
  const asker = new ArpAsker({ index: link.index, mac: link.mac, address });
  const from = clock.now();
  let askedAt = 0 as Instant;
  return {
    look: () => {
      const now = clock.now();
      if (asker.heard(vip.address)) return elapsedMs(from, now);
      if (elapsedMs(askedAt, now) >= ASK_EVERY_MS) {
        asker.ask(vip.address);
        askedAt = now;
      }
      return undefined;
    },
    [Symbol.dispose]: () => asker[Symbol.dispose](),
  };
}
