import type { Claim, Neighbours } from '../../../src/announce/types.ts';
import type { ConflictPolicy } from '../../../src/events.ts';
import type { Rng } from '../engine/rng.ts';
import { END0, STEP_MS } from './kernel.ts';
import type { Process } from './process.ts';

/** A station that is none of ours. */
const STRANGER = '02:00:00:00:ff:01';

/** Strangers on the LAN that have VIPs of ours and answer whoever asks for them. */
export class Strangers {
  readonly addresses = new Set<string>();
  /** What all nodes are configured to do about them. */
  policy: ConflictPolicy = 'defend';

  /** The LAN as one process sees it. */
  seenBy(process: Process, rng: Rng): Neighbours {
    const listeners = new Set<(claim: Claim) => void>();
    const { index: linkIndex } = END0;
    return {
      listen: (_vips, listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ask: (_index, _mac, { address }) => {
        if (!this.addresses.has(address)) return;
        process.message(rng.next() * STEP_MS, () => {
          for (const listener of listeners) {
            listener({ address, linkIndex, mac: STRANGER, answers: true });
          }
        });
      },
    };
  }
}
