import { decodeMessages } from '../../network/netlink-message.ts';
import { NftBatch } from '../../network/nft-batch.ts';
import { NFGENMSG_LENGTH, changeSets } from './fence-sets.ts';
import type { FencedAddress } from './fence-sets.ts';
import { addElements, elementTimeouts, renewElements, writeTimeout } from './set.ts';

/**
 * What opens VIPs, or keeps them open, encoded once: from one heartbeat to the next nothing of it
 * changes but the time.
 */
export class Opening {
  readonly #addresses: readonly string[];
  readonly #batch: NftBatch;
  /** Where the times stand in the batch. */
  readonly #timeouts: readonly Buffer[];

  constructor(vips: readonly FencedAddress[], egress: boolean) {
    this.#addresses = vips.map(({ address }) => address);
    this.#batch = new NftBatch([
      // Each time: somebody may have emptied the sets, or put back the tables of another time.
      ...changeSets(vips, { kind: 'managed', egress, change: addElements }),
      ...changeSets(vips, { kind: 'held', egress, change: renewElements, timeoutMs: 1 }),
    ]);
    this.#timeouts = [...decodeMessages(this.#batch.datagram)].flatMap(({ data }) =>
      elementTimeouts(data.subarray(NFGENMSG_LENGTH)),
    );
  }

  /** Whether it is of these VIPs. */
  isOf(vips: readonly FencedAddress[]): boolean {
    const known = this.#addresses;
    return (
      vips.length === known.length && vips.every(({ address }, index) => address === known[index])
    );
  }

  /** The batch that opens them for `timeoutMs`; the next call changes it. @throws RangeError */
  lasting(timeoutMs: number): NftBatch {
    for (const place of this.#timeouts) writeTimeout(place, timeoutMs);
    return this.#batch;
  }
}
