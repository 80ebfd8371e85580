import { z } from '../zod.ts';
import { memoised } from './memo.ts';

/** A right to hold a group: the candidate key and its create revision (the fencing token). */
export interface Token {
  readonly key: string;
  readonly createRevision: number;
}

/** Who holds a group, or how the last hold ended (protocol.md, Keys: `<prefix>/holders/<group>`). */
export interface HolderRecord {
  /** `unknown`: there was no record; somebody may hold by one that was deleted. */
  readonly state: 'held' | 'released' | 'deposed' | 'foreign' | 'unknown';
  /** Of the holder, of the foreign candidate, or of who wrote `unknown`. */
  readonly token: Token;
  readonly node: string;
  readonly identity: string;
  readonly bootId: string;
  /** Sequence of the taking beat. */
  readonly seq: number;
  /** The longest promise that this token may ever make, in milliseconds. */
  readonly ceilingMs: number;
  /** Fence latency of the holder's profile, in milliseconds. */
  readonly fenceLatencyMs: number;
  /** Wall-clock milliseconds of the taking: for people. */
  readonly sinceMs: number;
  /** Wall-clock milliseconds at which this state was written: for people. */
  readonly changedMs: number;
  readonly reason: string;
  /** The node that wrote this state. */
  readonly by: string;
}

/** Characters. */
const MAX_TEXT = 512;
const text = z.string().max(MAX_TEXT);
const recordSchema = z.object({
  state: z.enum(['held', 'released', 'deposed', 'foreign', 'unknown']),
  token: z.object({ key: text.min(1), createRevision: z.number().int().min(1) }),
  node: text,
  identity: text,
  bootId: text,
  seq: z.number().int().min(0),
  ceilingMs: z.number().int().min(0).max(86_400_000),
  fenceLatencyMs: z.number().int().min(0).max(86_400_000),
  sinceMs: z.number(),
  changedMs: z.number(),
  reason: text,
  by: text,
});

export function encodeRecord(record: HolderRecord): string {
  return JSON.stringify({ v: 1, ...record });
}

/** Records that are remembered: of as many groups as one beat can compare, and some more. */
const KEPT_RECORDS = 64;

/**
 * Reads a holder record; undefined when the value is none. The protocol treats an unreadable record
 * like an absent one: nothing is known, so the longest promise is waited out.
 */
export const decodeRecord = memoised((value: string): HolderRecord | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined; // Not JSON: anybody may have written here.
  }
  const result = recordSchema.safeParse(parsed);
  return result.success ? result.data : undefined;
}, KEPT_RECORDS);

/** True when the two name the same right. */
export function sameToken(one: Token, other: Token): boolean {
  return one.key === other.key && one.createRevision === other.createRevision;
}

/** What a taking knows besides its node and its token; durations and wall-clock times in milliseconds. */
export interface TakingFacts {
  /** Of the taking beat. */
  readonly seq: number;
  readonly ceilingMs: number;
  readonly fenceLatencyMs: number;
  readonly nowMs: number;
  /** When the same token was taken before; left out: now. */
  readonly sinceMs?: number | undefined;
}

/** The record that a taking writes. */
export function heldRecord(
  { node, identity, bootId }: Pick<HolderRecord, 'node' | 'identity' | 'bootId'>,
  token: Token,
  { nowMs, sinceMs = nowMs, ...facts }: TakingFacts,
): HolderRecord {
  return {
    state: 'held',
    token,
    node,
    identity,
    bootId,
    ...facts,
    sinceMs,
    changedMs: nowMs,
    reason: 'elected',
    by: node,
  };
}

/** How a hold ended, who says so, and when (wall-clock milliseconds). */
export interface Ending {
  readonly state: 'released' | 'deposed';
  readonly reason: string;
  readonly by: string;
  readonly nowMs: number;
}

/** The record that says how the hold of `record` has ended. */
export function endedRecord(record: HolderRecord, { nowMs, ...ending }: Ending): HolderRecord {
  return { ...record, ...ending, changedMs: nowMs };
}

/** The record that says that a foreign candidate leads: of its promise nothing is known [H8]. */
export function foreignRecord(token: Token, node: string, by: string, nowMs: number): HolderRecord {
  // Anybody may have written there, and any amount: the record must be readable.
  return promiseless('foreign', token, { node: node.slice(0, MAX_TEXT), by, nowMs });
}

/**
 * The record that is written where there is none. Absence has no revision: absent, written and deleted
 * again looks like absent all the time. So the longest promise is waited out from this record on, and
 * the taking compares it.
 * @param own of the candidate that writes it
 */
export function unknownRecord(own: Token, by: string, nowMs: number): HolderRecord {
  return promiseless('unknown', own, { node: '', by, nowMs });
}

function promiseless(
  state: 'foreign' | 'unknown',
  { key, createRevision }: Token,
  { node, by, nowMs }: { readonly node: string; readonly by: string; readonly nowMs: number },
): HolderRecord {
  return {
    state,
    token: { key, createRevision },
    node,
    identity: '',
    bootId: '',
    seq: 0,
    ceilingMs: 0,
    fenceLatencyMs: 0,
    sinceMs: nowMs,
    changedMs: nowMs,
    reason: state,
    by,
  };
}
