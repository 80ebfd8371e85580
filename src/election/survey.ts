import { claims, decodeBeat, type Beat } from './beat.ts';
import { Keys, isOurLease } from './keys.ts';
import { decodeFacts, type NodeFacts } from './node-facts.ts';
import { decodeRecord, type HolderRecord } from './record.ts';
import { NO_LEASE, type CallOptions, type Header, type KeyValue, type Store } from './store.ts';

export interface SurveyedCandidate {
  readonly node: string;
  readonly leaseId: string;
  readonly revision: number;
  readonly foreign: boolean;
  readonly beat: Beat | undefined;
  /** Its beat lists the token of this group. */
  readonly claims: boolean;
}

export interface SurveyedGroup {
  readonly name: string;
  readonly vips: readonly string[];
  readonly record: HolderRecord | undefined;
  /** The leader first. */
  readonly queue: readonly SurveyedCandidate[];
}

export interface SurveyedNode {
  readonly node: string;
  readonly beat: Beat | undefined;
  readonly facts: NodeFacts | undefined;
}

/** Everything under a prefix, from one linearizable read. */
export interface Survey {
  readonly header: Header;
  readonly groups: readonly SurveyedGroup[];
  readonly nodes: readonly SurveyedNode[];
}

function byName(prefix: string, kvs: readonly KeyValue[]): Map<string, KeyValue> {
  return new Map(kvs.map((kv) => [kv.key.slice(prefix.length), kv]));
}

/** The election that a candidate key belongs to. */
function electionOf(kv: KeyValue): string {
  return kv.key.slice(0, kv.key.lastIndexOf('/'));
}

/**
 * Reads who holds what. For people; decides nothing.
 * @param elsewhere election keys of groups that stand outside `<prefix>/elections/`, by group
 * @throws StoreError
 */
export async function survey(
  store: Store,
  prefix: string,
  elsewhere: ReadonlyMap<string, string>,
  options: CallOptions,
): Promise<Survey> {
  const keys = new Keys(prefix);
  const facts = `${prefix}/facts/`;
  const ranges = [keys.nodes, keys.holders, facts, keys.elections];
  for (const electionKey of elsewhere.values()) ranges.push(`${electionKey}/`);
  const success = ranges.map((key) => ({ op: 'range', key, prefix: true }) as const);
  const reply = await store.txn({ compares: [], success, failure: [] }, options);
  const [nodes = [], holders = [], factKvs = [], ...elections] = reply.results.map(
    (result) => result.kvs,
  );
  const records = byName(keys.holders, holders);
  const factsByNode = new Map(
    [...byName(facts, factKvs)].map(([node, kv]) => [node, decodeFacts(kv.value)]),
  );
  const beatByLease = new Map(nodes.map((kv) => [kv.lease, decodeBeat(kv.value)]));
  const candidates = elections.flat().filter((kv) => kv.lease !== NO_LEASE);
  const groupOf = (election: string): string =>
    [...elsewhere].find(([, key]) => key === election)?.[0] ??
    election.slice(keys.elections.length);
  const names = new Set([
    ...records.keys(),
    ...candidates.map((kv) => groupOf(electionOf(kv))),
    ...[...factsByNode.values()].flatMap((each) => each?.groups?.map(({ name }) => name) ?? []),
  ]);
  const group = (name: string): SurveyedGroup => {
    const kv = records.get(name);
    const vips = [...factsByNode.values()].flatMap(
      (each) => each?.groups?.find((one) => one.name === name)?.vips ?? [],
    );
    return {
      name,
      vips: [...new Set(vips)],
      record: kv === undefined ? undefined : decodeRecord(kv.value),
      queue: candidates
        .filter((each) => groupOf(electionOf(each)) === name)
        .toSorted((one, other) => one.createRevision - other.createRevision)
        .map((each) => {
          const beat = beatByLease.get(each.lease);
          return {
            node: each.value,
            leaseId: each.lease,
            revision: each.createRevision,
            foreign: !isOurLease(each.lease),
            beat,
            claims: beat !== undefined && claims(beat, name, each.createRevision),
          };
        }),
    };
  };
  return {
    header: reply.header,
    groups: [...names].toSorted().map(group),
    nodes: [...byName(keys.nodes, nodes)].map(([node, kv]) => ({
      node,
      beat: decodeBeat(kv.value),
      facts: factsByNode.get(node),
    })),
  };
}
