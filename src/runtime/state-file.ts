import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as zod from 'zod';
import type { Clock, Instant } from '../clock.ts';
import { JournalError, type Journal, type Memory } from '../election/types.ts';
import type { AddressJournal, AssignedAddress } from '../vip/types.ts';
import { z } from '../zod.ts';
import { WholeFile } from './whole-file.ts';

const STATE_FILE = 'state.json';
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

const tokenSchema = z.object({
  group: z.string(),
  token: z.object({ key: z.string(), createRevision: z.number().int().min(1) }),
});
const stateSchema = z
  .object({
    version: z.literal(1),
    identity: z.string().regex(/^[0-9a-f]{32}$/),
    bootId: z.string(),
    node: z.string(),
    prefix: z.string(),
    seq: z.number().int().min(0),
    promisedEnd: z.number(),
    /** Absent in the file of an older version. */
    provedEnd: z.number().optional(),
    quietUntil: z.number(),
    highestRevision: z.number().int().min(0),
    clusterId: z.string().optional(),
    leaseId: z.string().optional(),
    tokens: z.array(tokenSchema),
    burnt: z.array(tokenSchema).default([]),
    addresses: z.array(
      z.object({ link: z.string(), address: z.string(), prefixLength: z.number().int() }),
    ),
    /** `seq` once more, as the last field: absent in the file of an older version. */
    written: z.number().optional(),
  })
  .refine(({ seq, written }) => written === undefined || written === seq);
type State = zod.infer<typeof stateSchema>;

/** Whose state it is: what is kept for another node name or prefix is of no use to us. */
export interface StateOwner {
  readonly node: string;
  readonly prefix: string;
}

/** This boot's ID (random(4)). */
export function readBootId(): string {
  return readFileSync(BOOT_ID_FILE, 'utf8').trim();
}

/**
 * What must survive a restart of the daemon, in `state.json` of the runtime directory (0600). Written
 * so that a reader or a successor sees one state or the other (whole-file.ts); a state whose end is not
 * of the same save as its beginning would be taken for none. Of this boot only: instants of another
 * boot mean nothing.
 */
export class StateFile implements Journal, AddressJournal {
  readonly memory: Memory;
  /** False when nothing usable was there: what a predecessor left behind is not known. */
  readonly foundPredecessor: boolean;
  /** Set at start when neither this file nor the kernel tells what a predecessor left on the links. */
  pastIsUnknown = false;
  readonly #file: WholeFile;
  readonly #owner: StateOwner;
  #addresses: readonly AssignedAddress[];

  /** Reads the state, or begins a new one. The caller holds the lock of the directory. */
  constructor(directory: string, owner: StateOwner, clock: Clock, bootId = readBootId()) {
    const path = join(directory, STATE_FILE);
    this.#file = new WholeFile(path);
    this.#owner = owner;
    const known = readState(path);
    const sameBoot = known?.bootId === bootId ? known : undefined;
    this.foundPredecessor = sameBoot !== undefined;
    this.#addresses = sameBoot?.addresses ?? [];
    const now = clock.now();
    const mine =
      sameBoot?.node === owner.node && sameBoot.prefix === owner.prefix ? sameBoot : undefined;
    this.memory = {
      identity: sameBoot?.identity ?? randomBytes(16).toString('hex'),
      bootId,
      // Milliseconds since boot outrun any heartbeat: it grows over the boot even if the file is lost.
      seq: Math.max(sameBoot?.seq ?? 0, Math.floor(now)),
      promisedEnd: (sameBoot?.promisedEnd ?? now) as Instant,
      provedEnd: (sameBoot?.provedEnd ?? sameBoot?.promisedEnd ?? now) as Instant,
      quietUntil: (sameBoot?.quietUntil ?? 0) as Instant,
      leaseId: mine?.leaseId,
      tokens: mine?.tokens ?? [],
      burnt: mine?.burnt ?? [],
      clusterId: mine?.clusterId,
      highestRevision: mine?.highestRevision ?? 0,
    };
  }

  get addresses(): readonly AssignedAddress[] {
    return this.#addresses;
  }

  setAddresses(addresses: readonly AssignedAddress[]): void {
    this.#addresses = addresses;
    this.save();
  }

  save(): void {
    // What every beat changes comes last, so that the rest of the file stays as it is. Nobody reads
    // that while we write: who comes after us does, and `cleanup` only what stands before it.
    const { seq, promisedEnd, provedEnd, highestRevision, ...kept } = this.memory;
    const lasting = { version: 1, ...this.#owner, ...kept, addresses: this.#addresses };
    try {
      this.#file.write(
        `${JSON.stringify(lasting).slice(0, -1)},`,
        `"seq":${seq},"promisedEnd":${promisedEnd},"provedEnd":${provedEnd},"highestRevision":${highestRevision},"written":${seq}}`,
      );
    } catch (error) {
      throw new JournalError(`cannot write ${this.#file.path}`, { cause: error });
    }
  }
}

/** The state in the file; undefined when there is none, or none that we can read. */
function readState(path: string): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // Like no state at all: the caller then trusts nothing of the past.
  }
}
