import type { Survey, SurveyedGroup } from '../../election/survey.ts';
import type { HistoryEntry } from '../../election/history.ts';
import type { OwnTransition } from '../recent.ts';
import type { GroupStatus, StatusReport } from '../status.ts';

/** What one node says of one group (`<prefix>/facts/<node>`). */
export interface ToldGroup {
  readonly name: string;
  readonly state?: string | undefined;
  readonly reason?: string | null | undefined;
  readonly detail?: string | undefined;
  /** Wall-clock milliseconds. */
  readonly sinceMs?: number | undefined;
}

/** What all nodes have written into etcd, as one look found it. */
export interface ClusterReading {
  readonly survey: Survey;
  /** By group, oldest first. */
  readonly history: ReadonlyMap<string, readonly HistoryEntry[]>;
  /** By node. */
  readonly told: ReadonlyMap<string, readonly ToldGroup[]>;
}

/** A node in one group. */
export interface PictureNode {
  readonly node: string;
  /** It answers this page. */
  readonly mine: boolean;
  readonly foreign: boolean;
  /** One of GROUP_STATES, or why it is not known: `foreign`, `away`, `unknown`. */
  readonly state: string;
  readonly reason: string | null;
  readonly detail?: string;
  readonly sinceMs: number | null;
  /** Place in the queue, from 1; null: no candidate. */
  readonly place: number | null;
  readonly holds: boolean;
}

export interface PictureGroup {
  readonly name: string;
  readonly vips: readonly string[];
  /** How its holder is known to etcd, or how the last hold ended; null: no record was read. */
  readonly record: {
    readonly node: string;
    readonly state: string;
    readonly sinceMs: number;
    readonly reason: string;
  } | null;
  readonly nodes: readonly PictureNode[];
}

/** An entry of the timeline: of the whole cluster, or a step of the node that answers. */
export interface PictureEntry {
  readonly atMs: number;
  readonly group: string;
  readonly node: string;
  readonly own: boolean;
  /** `held`, `released`, …, or `following → leading`. */
  readonly what: string;
  readonly reason: string;
  readonly detail?: string;
}

/** All that the page shows and that changes seldom: the event `picture`. */
export interface Picture {
  readonly node: string;
  readonly version: string;
  readonly fence: StatusReport['fence'];
  readonly etcd: Pick<StatusReport['etcd'], 'connected' | 'endpoints'>;
  /** Why the other nodes cannot be shown; null: they are. */
  readonly blind: string | null;
  readonly groups: readonly PictureGroup[];
  /** Newest first. */
  readonly timeline: readonly PictureEntry[];
}

export interface PictureParts {
  readonly status: StatusReport;
  readonly own: readonly OwnTransition[];
  /** The last that succeeded. */
  readonly reading: ClusterReading | undefined;
  readonly blind: string | null;
}

const MAX_ENTRIES = 60;
/** Anybody may have written into etcd, and any amount. */
const MAX_TEXT = 120;

function short(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}

/** Puts together what this node knows and what was read of the others. */
export function makePicture({ status, own, reading, blind }: PictureParts): Picture {
  const { node, version, fence, etcd } = status;
  return {
    node,
    version,
    fence,
    etcd: { connected: etcd.connected, endpoints: etcd.endpoints },
    blind,
    groups: status.groups.map((group) => pictureGroup(group, node, reading)),
    timeline: timeline(node, own, reading),
  };
}

function pictureGroup(group: GroupStatus, self: string, reading?: ClusterReading): PictureGroup {
  const { name, vips } = group;
  const found = reading?.survey.groups.find((each) => each.name === name);
  const record = found?.record;
  return {
    name,
    vips: vips.map(({ address }) => address),
    record:
      record === undefined
        ? null
        : {
            node: short(record.node),
            state: record.state,
            sinceMs: record.state === 'held' ? record.sinceMs : record.changedMs,
            reason: short(record.reason),
          },
    nodes: [ownNode(group, self), ...otherNodes(group, self, found, reading)].toSorted(
      (one, other) =>
        (one.place ?? Infinity) - (other.place ?? Infinity) || one.node.localeCompare(other.node),
    ),
  };
}

function ownNode({ state, reason, detail, since, vips, candidates }: GroupStatus, node: string) {
  const at = candidates.findIndex(({ mine }) => mine);
  return {
    node,
    mine: true,
    foreign: false,
    state,
    reason,
    ...(detail !== undefined && { detail: short(detail) }),
    sinceMs: Date.parse(since),
    place: at === -1 ? null : at + 1,
    holds: vips.some(({ held }) => held),
  };
}

function otherNodes(
  { name, candidates }: GroupStatus,
  self: string,
  found: SurveyedGroup | undefined,
  reading: ClusterReading | undefined,
): PictureNode[] {
  // What etcd showed us last is better than nothing, and what this daemon goes by.
  const queue = found?.queue ?? candidates;
  const nodes = new Set(queue.map(({ node }) => node));
  for (const [node, groups] of reading?.told ?? []) {
    if (groups.some((each) => each.name === name)) nodes.add(node);
  }
  const { record } = found ?? {};
  // The last holder is shown, even when its lease has ended.
  if (record?.state === 'held' || record?.state === 'deposed') nodes.add(record.node);
  nodes.delete(self);
  return [...nodes].map((node) => {
    const at = queue.findIndex((each) => each.node === node);
    const foreign = queue[at]?.foreign === true;
    const told = reading?.told.get(node)?.find((each) => each.name === name);
    const beats = reading?.survey.nodes.some((each) => each.node === node) === true;
    const unknown = reading === undefined ? 'unknown' : beats ? 'unknown' : 'away';
    return {
      node: short(node),
      mine: false,
      foreign,
      state: foreign ? 'foreign' : short(told?.state ?? unknown),
      reason: told?.reason == null ? null : short(told.reason),
      ...(told?.detail !== undefined && { detail: short(told.detail) }),
      sinceMs: told?.sinceMs ?? null,
      place: at === -1 ? null : at + 1,
      holds: record?.state === 'held' && record.node === node,
    };
  });
}

function timeline(
  node: string,
  own: readonly OwnTransition[],
  reading: ClusterReading | undefined,
): PictureEntry[] {
  const ofCluster = [...(reading?.history ?? [])].flatMap(([group, entries]) =>
    entries.map(({ atMs, state, reason, ...entry }) => ({
      atMs,
      group,
      node: short(entry.node),
      own: false,
      what: short(state),
      reason: short(reason),
    })),
  );
  const here = own.map(({ atMs, group, from, to, reason, detail }) => ({
    atMs,
    group,
    node,
    own: true,
    what: `${from} → ${to}`,
    reason,
    ...(detail !== undefined && { detail: short(detail) }),
  }));
  return [...ofCluster, ...here]
    .toSorted((one, other) => other.atMs - one.atMs)
    .slice(0, MAX_ENTRIES);
}
