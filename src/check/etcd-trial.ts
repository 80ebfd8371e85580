import { elapsedMs } from '../clock.ts';
import type { Send } from '../election/etcd/attempt.ts';
import { decodeTxn, encodeTxn } from '../election/etcd/codec.ts';
import type { InspectionParts } from '../election/etcd/inspection.ts';
import { withLoneEndpoint } from '../election/etcd/lone-endpoint.ts';
import { StoreError, type CallOptions } from '../election/store.ts';

/** What one member does with what a daemon would ask of it. */
export interface TrialSeen {
  /** How long each write took, in milliseconds; or why there was none. */
  readonly writes: readonly number[] | StoreError;
  /** Keys that this user may not write. */
  readonly forbidden: readonly string[];
  /** It may see everything, or even list the users: it has more than it needs. */
  readonly more: 'all-users' | 'all-keys' | undefined;
  /** Alarms that are raised, as etcd calls them; undefined: not told. */
  readonly alarms: readonly string[] | undefined;
  readonly revision: number;
  /** The oldest of these revisions that is kept, or undefined: all are compacted. */
  readonly keptSince: number | undefined;
  /** Bytes of the database on disk; undefined: not told, for want of rights. */
  readonly dbBytes: number | undefined;
}

export interface TrialParts extends InspectionParts {
  /** Keys that the daemon writes, one of each kind of place. */
  readonly places: readonly string[];
}

const CALL_WITHIN_MS = 2000;
const CONNECT_WITHIN_MS = 3000;
const WRITES = 5;
/** So many calls at most follow one another; in milliseconds. */
export const TRIED_WITHIN_MS = CONNECT_WITHIN_MS + (WRITES + 7) * CALL_WITHIN_MS;
/** A Kubernetes cluster that is busy writes so many in a quarter of an hour, and compacts each 5 min. */
export const COMPACTED_WITHIN_REVISIONS = 1_000_000;
/** No key has it: revisions grow by one a write. */
const NEVER = Number.MAX_SAFE_INTEGER;

const USERS: Send = (connection, context) => connection.unary('Auth', 'userList', {}, context);
const ALARMS: Send = (connection, context) =>
  connection.unary('Maintenance', 'alarm', { action: 'Get' }, context);
const STATUS: Send = (connection, context) =>
  connection.unary('Maintenance', 'status', {}, context);
/** From `\0` to the end of all keys. */
const EVERYTHING: Send = (connection, context) =>
  connection.unary(
    'KV',
    'range',
    { key: Buffer.from([0]), range_end: Buffer.from([0]), limit: '1', keys_only: true },
    context,
  );

/**
 * Tries on one member what a daemon does all the time. Nothing is changed: each write is a transaction
 * whose condition no key fulfils. It asks for the rights of a write, and goes through etcd's log and to
 * its disks as any other; the revision stays as it is.
 * @throws StoreError when the member does not serve, or its signal's reason
 */
export async function tryEtcd(url: string, parts: TrialParts): Promise<TrialSeen> {
  const { clock, signal, places } = parts;
  const within = (deadlineMs: number): CallOptions => ({ deadlineMs, signal });
  return withLoneEndpoint(url, parts, 'tried', async (endpoint) => {
    const ask = <T>(send: Send, decode: (reply: unknown) => T): Promise<T> =>
      endpoint.call('check', send, decode, within(CALL_WITHIN_MS));
    const read = readOf(places[0] ?? '');
    const { header } = await endpoint.call('check', read, decodeTxn, within(CONNECT_WITHIN_MS));
    const forbidden: string[] = [];
    for (const place of places) {
      if ((await refused(ask(writeTo(place), decodeTxn))) === 'PERMISSION_DENIED') {
        forbidden.push(place);
      }
    }
    return {
      writes: await timeWrites(places, forbidden, ask, () => clock.now()),
      forbidden,
      more: await excess(ask),
      alarms: await told(ask(ALARMS, alarmsOf)),
      revision: header.revision,
      keptSince: await oldestKept(header.revision, ask),
      dbBytes: await told(ask(STATUS, (reply) => Number((reply as { dbSize: string }).dbSize))),
    };
  });
}

type Ask = <T>(send: Send, decode: (reply: unknown) => T) => Promise<T>;

function readOf(key: string): Send {
  const range = { op: 'range', key } as const;
  const request = encodeTxn({ compares: [], success: [range], failure: [] });
  return (connection, context) => connection.unary('KV', 'txn', request, context);
}

function writeTo(key: string): Send {
  const request = encodeTxn({
    compares: [{ key, target: 'create', op: '=', value: NEVER }],
    success: [{ op: 'put', key, value: '' }],
    failure: [],
  });
  return (connection, context) => connection.unary('KV', 'txn', request, context);
}

async function timeWrites(
  places: readonly string[],
  forbidden: readonly string[],
  ask: Ask,
  now: () => Parameters<typeof elapsedMs>[0],
): Promise<number[] | StoreError> {
  const place = places.find((each) => !forbidden.includes(each));
  if (place === undefined) return [];
  const took: number[] = [];
  try {
    while (took.length < WRITES) {
      const from = now();
      await ask(writeTo(place), decodeTxn);
      took.push(elapsedMs(from, now()));
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'CANCELLED') throw error;
    return error;
  }
  return took;
}

/** What it says does not matter. */
function answered(): true {
  return true;
}

async function excess(ask: Ask): Promise<TrialSeen['more']> {
  if ((await refused(ask(USERS, answered))) === undefined) return 'all-users';
  return (await refused(ask(EVERYTHING, answered))) === undefined ? 'all-keys' : undefined;
}

async function oldestKept(revision: number, ask: Ask): Promise<number | undefined> {
  for (const at of [1, revision - COMPACTED_WITHIN_REVISIONS]) {
    if (at < 1) continue;
    const range = { key: Buffer.from('/'), revision: String(at), count_only: true };
    const look: Send = (connection, context) => connection.unary('KV', 'range', range, context);
    // A user that may not read there is not told either: then nothing is known, and nothing said.
    if ((await refused(ask(look, answered))) === undefined) return at;
  }
  return undefined;
}

function alarmsOf(reply: unknown): string[] {
  const { alarms } = reply as { alarms: readonly { alarm: string }[] };
  // etcd3's copy of the protocol says Nospace for etcd's NOSPACE.
  return alarms.map(({ alarm }) => alarm.slice(0, 40).toUpperCase());
}

/** The code with which a call was refused; undefined: it was not. @throws what is no refusal of etcd's */
async function refused(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'CANCELLED') return error.code;
    throw error;
  }
}

/** What a member may keep from us. */
async function told<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'CANCELLED') return undefined;
    throw error;
  }
}
