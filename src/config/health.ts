import type * as zod from 'zod';
import { z } from '../zod.ts';
import { list, text, whole } from './checked.ts';
import { field } from './described.ts';
import type { Parsed } from './parsed.ts';
import { parseWhole, parseWithin } from './preference.ts';
import { parseProbe, type ProbeConfig } from './probes.ts';

/** More would take longer to ask than the answer is worth. */
const PROBES_MAX = 16;
const EVERY_MIN_MS = 200;
const EVERY_MAX_MS = 600_000;
const TIMEOUT_MIN_MS = 10;
const TIMEOUT_MAX_MS = 60_000;
const TIMES_MAX = 100;

/** What tells whether a node should hold a group. */
export interface HealthConfig {
  readonly probes: readonly ProbeConfig[];
  /** From the start of a round to that of the next, in milliseconds. */
  readonly everyMs: number;
  /** A probe without an answer after this has failed, in milliseconds. */
  readonly timeoutMs: number;
  /** So many rounds in a row with a failure make a node unhealthy. */
  readonly fall: number;
  /** So many without one make it healthy again. */
  readonly rise: number;
}

const named = text((value) =>
  value.trim() === '' || value.includes('\0')
    ? { problem: 'is empty', remedy: 'give a name, or leave it out' }
    : { value },
);

function parseEvery(value: string): Parsed<number> {
  return parseWithin(value, EVERY_MIN_MS, EVERY_MAX_MS, ['200ms', '10m']);
}

function parseTimeout(value: string): Parsed<number> {
  return parseWithin(value, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS, ['10ms', '1m']);
}

const times = whole((value) => parseWhole(value, 1, TIMES_MAX));

/** The block `health` of a group as it is written. */
export const health = z.strictObject({
  probes: field('health.probes', list(parseProbe, PROBES_MAX)),
  ca: field('health.ca', named),
  serverName: field('health.serverName', named),
  every: field('health.every', text(parseEvery)),
  timeout: field('health.timeout', text(parseTimeout)),
  fall: field('health.fall', times),
  rise: field('health.rise', times),
});

export type HealthDraft = zod.output<typeof health>;

/** The probes of a block, each with what is said of all. */
export function probesOf({ probes = [], ca, serverName }: HealthDraft = {}): ProbeConfig[] {
  const ofAll = { ...(ca && { caFile: ca }), ...(serverName && { serverName }) };
  return probes.map((probe) => (probe.kind === 'http' ? { ...probe, ...ofAll } : probe));
}

/** What a checked block says; undefined where it names no probe. */
export function healthOf(draft: HealthDraft | undefined): HealthConfig | undefined {
  const probes = probesOf(draft);
  const { every, timeout, fall, rise } = draft ?? {};
  if (probes.length === 0) return undefined;
  if (!every || !timeout || !fall || !rise) throw new TypeError('a required field is missing');
  return { probes, everyMs: every, timeoutMs: timeout, fall, rise };
}
