import { elapsedMs, type Clock } from '../../clock.ts';
import { StoreError, type CallOptions } from '../store.ts';
import type { Send } from './attempt.ts';
import { decodeTxn, encodeTxn } from './codec.ts';
import type { Access } from './access.ts';
import { withLoneEndpoint } from './lone-endpoint.ts';

/** What an endpoint that answers says of itself. */
export interface Inspection {
  /** How long a linearizable read takes, in milliseconds, on a connection that stands. */
  readonly latencyMs: number;
  /** Decimal text. */
  readonly clusterId: string;
  /** Such as `3.5.28`; missing when the member does not tell us one. */
  readonly version?: string;
  /** How many members of its cluster vote; missing when it does not tell. */
  readonly voters?: number;
}

export interface InspectionParts extends Access {
  readonly clock: Clock;
  /** Root of our keys: what is read is below it. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** The first call also connects, and logs in, which costs etcd some 100 ms of CPU (bcrypt). */
const CONNECT_WITHIN_MS = 3000;
const READ_WITHIN_MS = 2000;
const TELL_WITHIN_MS = 1000;
/** An inspection is over after this, in milliseconds. */
export const INSPECTED_WITHIN_MS = CONNECT_WITHIN_MS + READ_WITHIN_MS + TELL_WITHIN_MS;

/**
 * Asks one endpoint, and only that, how it is. Reads; writes nothing.
 * @throws StoreError when it does not serve a linearizable read, or not to us
 */
export async function inspect(url: string, parts: InspectionParts): Promise<Inspection> {
  const { clock, prefix, signal } = parts;
  const within = (deadlineMs: number): CallOptions => ({ deadlineMs, signal });
  const ranges = [{ op: 'range', key: `${prefix}/epoch` }] as const;
  const request = encodeTxn({ compares: [], success: ranges, failure: [] });
  const read: Send = (connection, context) => connection.unary('KV', 'txn', request, context);
  return withLoneEndpoint(url, parts, 'inspected', async (endpoint) => {
    await endpoint.call('txn', read, decodeTxn, within(CONNECT_WITHIN_MS));
    const askedAt = clock.now();
    const { header } = await endpoint.call('txn', read, decodeTxn, within(READ_WITHIN_MS));
    const latencyMs = elapsedMs(askedAt, clock.now());
    const [version, voters] = await Promise.all([
      unlessRefused(endpoint.call('version', STATUS, versionOf, within(TELL_WITHIN_MS))),
      unlessRefused(endpoint.call('members', MEMBERS, votersOf, within(TELL_WITHIN_MS))),
    ]);
    return {
      latencyMs,
      clusterId: header.clusterId,
      ...(version !== undefined && { version }),
      ...(voters !== undefined && { voters }),
    };
  });
}

const STATUS: Send = (connection, context) =>
  connection.unary('Maintenance', 'status', {}, context);
const MEMBERS: Send = (connection, context) =>
  connection.unary('Cluster', 'memberList', {}, context);

/** @returns undefined for what is none, for people are shown it */
function versionOf(reply: unknown): string | undefined {
  return /^[\w.+-]{1,40}$/.exec((reply as { version: string }).version)?.[0];
}

/** @returns how many are no learners */
function votersOf(reply: unknown): number {
  const { members } = reply as { members: readonly { isLearner?: boolean }[] };
  return members.filter(({ isLearner }) => isLearner !== true).length;
}

/** With authentication on, a member may keep these from us; no decision needs them. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'CANCELLED') return undefined;
    throw error;
  }
}
