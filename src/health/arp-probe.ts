import type { Clock } from '../clock.ts';
import type { Probe } from './types.ts';

/** A question gets lost now and then: it is asked again after this. */
const ASK_EVERY_MS = 200;
const LOOK_EVERY_MS = 10;

/** Asks on one link who has an address (announce/arp-asker.ts). */
export interface Asker extends Disposable {
  ask(address: string): void;
  /** Whether another station has said since the last look that it has the address. */
  heard(address: string): boolean;
}

/**
 * A neighbour that answers to ARP: tells a node that is cut off from its clients, but not from etcd.
 * @param open @throws Error that says why nobody can be asked
 */
export function arpProbe(
  name: string,
  {
    address,
    clock,
    open,
  }: {
    readonly address: string;
    readonly clock: Clock;
    readonly open: () => Asker;
  },
): Probe {
  const ask = async (signal: AbortSignal): Promise<void> => {
    using asker = open();
    for (let ms = 0; ; ms += LOOK_EVERY_MS) {
      if (ms % ASK_EVERY_MS === 0) asker.ask(address);
      await clock.sleep(LOOK_EVERY_MS, signal);
      if (asker.heard(address)) return;
    }
  };
  return { name, ask };
}
