import type { Instant } from '../../../src/clock.ts';
import { JournalError, type Journal, type Memory } from '../../../src/election/types.ts';
import type { AddressJournal, AssignedAddress } from '../../../src/vip/types.ts';
import type { Process } from './process.ts';
import type { Rng } from '../engine/rng.ts';

/** What the runtime directory of one machine holds: survives the process, not the boot. */
export interface Disk {
  saved: { memory: Memory; addresses: readonly AssignedAddress[] } | undefined;
  /** The runtime directory was copied from another host, with this identity. */
  copied: string | undefined;
  /** Its operator told it to keep out: survives the boot, too. */
  drained: boolean;
  /** Full or read-only. */
  refuses: boolean;
}

/** The state file of one life of the daemon, as runtime/state-file.ts keeps it, without a file. */
export class SimState implements Journal, AddressJournal {
  readonly memory: Memory;
  readonly foundPredecessor: boolean;
  pastIsUnknown = false;
  addresses: readonly AssignedAddress[];
  readonly #disk: Disk;

  constructor(disk: Disk, process: Process, rng: Rng) {
    this.#disk = disk;
    const { bootId } = process.machine;
    const sameBoot = disk.saved?.memory.bootId === bootId ? disk.saved : undefined;
    this.foundPredecessor = sameBoot !== undefined;
    this.addresses = sameBoot?.addresses ?? [];
    const now = process.now();
    const known = sameBoot?.memory;
    this.memory = {
      identity: known?.identity ?? disk.copied ?? `identity-${rng.below(1e9)}`,
      bootId,
      seq: Math.max(known?.seq ?? 0, Math.floor(now)),
      promisedEnd: known?.promisedEnd ?? now,
      provedEnd: known?.provedEnd ?? now,
      quietUntil: known?.quietUntil ?? (0 as Instant),
      leaseId: known?.leaseId,
      tokens: known?.tokens ?? [],
      burnt: known?.burnt ?? [],
      clusterId: known?.clusterId,
      highestRevision: known?.highestRevision ?? 0,
    };
  }

  setAddresses(addresses: readonly AssignedAddress[]): void {
    this.addresses = addresses;
    this.save();
  }

  save(): void {
    if (this.#disk.refuses) throw new JournalError('the disk is full');
    const { memory, addresses } = this;
    this.#disk.saved = {
      memory: { ...memory, tokens: [...memory.tokens], burnt: [...memory.burnt] },
      addresses,
    };
  }
}
