/**
 * etcd's JSON gateway (etcd 3.4, `/v3/…`): what the lab's observer asks, without the client library
 * that is being tested. Keys and values are base64, int64s decimal text.
 */

import { readCounters, type EtcdCounters } from './etcd-counters.ts';

/** A key as the gateway shows it, its texts decoded. */
export interface EtcdEntry {
  readonly key: string;
  readonly value: string;
  /** Decimal; `0` when it hangs on no lease. */
  readonly lease: string;
  /** Decimal. */
  readonly createRevision: string;
}

interface RangeReply {
  kvs?: { key: string; value?: string; lease?: string; create_revision: string }[];
}

interface StatusReply {
  header: { member_id: string };
  leader?: string;
}

export class EtcdGateway {
  readonly #endpoints: readonly string[];

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  /** Writes a key by way of one member. @throws Error, also when the deadline passes */
  async put(member: number, key: string, value: string, deadlineMs: number): Promise<void> {
    await this.#post(member, '/v3/kv/put', { key: base64(key), value: base64(value) }, deadlineMs);
  }

  /** Linearizable read of all keys below a prefix, by way of the first member that answers. */
  async entries(prefix: string, deadlineMs: number): Promise<EtcdEntry[]> {
    const body = { key: base64(prefix), range_end: base64(endOfPrefix(prefix)) };
    const asked = this.#endpoints.map((_, member) =>
      this.#post<RangeReply>(member, '/v3/kv/range', body, deadlineMs),
    );
    const { kvs = [] } = await Promise.any(asked);
    return kvs.map(({ key, value = '', lease = '0', create_revision: createRevision }) => ({
      key: text(key),
      value: text(value),
      lease,
      createRevision,
    }));
  }

  /**
   * Which member leads, by its index, as every member agrees; undefined while one does not answer,
   * knows no leader or says otherwise.
   */
  async leader(deadlineMs: number): Promise<number | undefined> {
    const asked = this.#endpoints.map((_, member) => this.#status(member, deadlineMs));
    const statuses = await Promise.all(asked).catch(() => undefined);
    if (statuses === undefined) return undefined;
    const leaders = new Set(statuses.map(({ leader }) => leader));
    const [leader] = leaders;
    if (leaders.size !== 1 || leader === undefined || leader === '0') return undefined;
    const index = statuses.findIndex(({ header }) => header.member_id === leader);
    return index === -1 ? undefined : index;
  }

  /** Makes a member the leader. @throws Error */
  async moveLeader(to: number, deadlineMs: number): Promise<void> {
    const from = await this.leader(deadlineMs);
    if (from === undefined) throw new Error('etcd has no leader that all members know');
    if (from === to) return;
    const { header } = await this.#status(to, deadlineMs);
    const body = { targetID: header.member_id };
    await this.#post(from, '/v3/maintenance/transfer-leadership', body, deadlineMs);
  }

  /** What all members have counted. @throws Error when one does not answer */
  async counters(deadlineMs: number): Promise<EtcdCounters> {
    const signal = AbortSignal.timeout(deadlineMs);
    const asked = this.#endpoints.map(async (endpoint) =>
      (await fetch(`${endpoint}/metrics`, { signal })).text(),
    );
    return readCounters(await Promise.all(asked));
  }

  /** One call of the gateway, by way of one member. @throws Error, also when etcd refuses */
  call(member: number, path: string, body: object, deadlineMs: number): Promise<unknown> {
    return this.#post(member, path, body, deadlineMs);
  }

  #status(member: number, deadlineMs: number): Promise<StatusReply> {
    return this.#post(member, '/v3/maintenance/status', {}, deadlineMs);
  }

  async #post<Reply>(
    member: number,
    path: string,
    body: object,
    deadlineMs: number,
  ): Promise<Reply> {
    const response = await fetch(`${this.#endpoints[member]}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as Reply;
  }
}

/** A key or value as the gateway wants it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function text(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** The key after all that begin with the prefix; its last character is below 0x7f. */
function endOfPrefix(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}
