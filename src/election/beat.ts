import { z } from '../zod.ts';
import { memoised } from './memo.ts';

/** Version of the protocol that this code speaks (protocol.md). */
export const PROTOCOL_VERSION = 1;
/** A heartbeat's value must not be longer (protocol.md, Keys). */
export const MAX_BEAT_BYTES = 512;
const SEQ_DIGITS = 16;

/** What a heartbeat says. All durations in milliseconds. */
export interface Beat {
  /** Grows over the whole boot, across leases and restarts. */
  readonly seq: number;
  /** Random, from the runtime directory. */
  readonly identity: string;
  readonly bootId: string;
  readonly lease: string;
  /** The promise: whatever this beat lists is not held longer than this after the beat was sent. */
  readonly holdForMs: number;
  /** How late the fence of the sender may close; part of the promise. */
  readonly fenceLatencyMs: number;
  readonly beatEveryMs: number;
  readonly nextBeatWithinMs: number;
  /** The tokens claimed, as `tokenMark` writes them, or `all` when they do not fit. */
  readonly tokens: readonly string[] | 'all';
}

/** Bits of a token's mark; a mark is written as three characters of six bits each. */
const MARK_BITS = 18;
const MARK_CHARS = 3;
const SIX_BITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Stands for the marks of more tokens than fit. */
const ALL = '*';

/** FNV-1a, 32 bits, folded to 18: tells apart what a handful of nodes claim, nothing more. */
function hash18(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return ((hash >>> MARK_BITS) ^ hash) & (2 ** MARK_BITS - 1);
}

/**
 * A token as a beat lists it: three characters made of its group and create revision (keys written by
 * one transaction share their create revision), so that ten groups cost hardly more than one. A
 * collision makes a token look claimed that is not, which only makes others wait.
 */
export function tokenMark(group: string, createRevision: number): string {
  const hash = hash18(`${group}:${createRevision}`);
  return [12, 6, 0].map((shift) => SIX_BITS.charAt((hash >>> shift) & 63)).join('');
}

/** The fixed-width beginning of a heartbeat's value; etcd compares values by bytes. */
export function beatPrefix(seq: number): string {
  return `{"seq":"${seq.toString(16).padStart(SEQ_DIGITS, '0')}"`;
}

/** The value of a heartbeat key, at most 512 bytes. */
export function encodeBeat(beat: Beat): string {
  const { seq, ...rest } = beat;
  const write = (tokens: string): string =>
    `${beatPrefix(seq)},"v":${PROTOCOL_VERSION},${JSON.stringify({ ...rest, tokens }).slice(1)}`;
  const value = write(beat.tokens === 'all' ? ALL : beat.tokens.join(''));
  return Buffer.byteLength(value) <= MAX_BEAT_BYTES ? value : write(ALL);
}

function readMarks(text: string): readonly string[] | 'all' {
  if (text === ALL) return 'all';
  const count = text.length / MARK_CHARS;
  return Array.from({ length: count }, (_, at) =>
    text.slice(at * MARK_CHARS, (at + 1) * MARK_CHARS),
  );
}

const durationMs = z.number().int().min(0).max(86_400_000);
const beatSchema = z.object({
  seq: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .transform((hex) => Number.parseInt(hex, 16)),
  v: z.number().int(),
  identity: z.string().min(1).max(64),
  bootId: z.string().min(1).max(64),
  lease: z.string().regex(/^[0-9a-f]{1,16}$/),
  holdForMs: durationMs,
  fenceLatencyMs: durationMs,
  beatEveryMs: durationMs,
  nextBeatWithinMs: durationMs,
  tokens: z
    .string()
    .regex(/^(?:\*|(?:[\w-]{3})*)$/)
    .transform(readMarks),
});

/** Beats that are remembered: the newest of each of some nodes. */
const KEPT_BEATS = 16;

/** Reads a heartbeat; undefined when it is none, or of a protocol that we do not know. */
export const decodeBeat = memoised((value: string): Beat | undefined => {
  if (value.length > MAX_BEAT_BYTES) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined; // Not JSON: anybody may have written here.
  }
  const result = beatSchema.safeParse(parsed);
  if (!result.success || result.data.v !== PROTOCOL_VERSION) return undefined;
  const { v: _version, ...beat } = result.data;
  return Number.isSafeInteger(beat.seq) ? beat : undefined;
}, KEPT_BEATS);

/** Whether a beat lists a token. */
export function claims(beat: Beat, group: string, createRevision: number): boolean {
  return beat.tokens === 'all' || beat.tokens.includes(tokenMark(group, createRevision));
}
