import type { HealthStatus, StatusReport } from '../observe/status.ts';
import { groupAdvice } from './status-advice.ts';
import { footer } from './status-footer.ts';
import { ago, moment, painter, plain, seconds, table } from './text.ts';
import type { Cell, Paint } from './text.ts';

/** What a heartbeat key says. */
export interface BeatSummary {
  readonly seq: number;
  /** The promise, in milliseconds. */
  readonly holdForMs: number;
  /** A holder claims this group in its heartbeat, a follower does not. */
  readonly role: 'holder' | 'follower';
}

/** A candidate key, the leader's first. */
export interface CandidateSummary {
  readonly node: string;
  readonly leaseId: string;
  /** Create revision of its key. */
  readonly revision: number;
  readonly foreign: boolean;
  /** Missing: its node has no heartbeat key. */
  readonly lastBeat?: BeatSummary;
}

/** The record `<prefix>/holders/<group>`: who holds, or how the last hold ended. */
export interface HolderSummary {
  readonly node: string;
  readonly state: 'held' | 'released' | 'deposed' | 'foreign' | 'unknown';
  /** Wall-clock milliseconds since which it is so. */
  readonly sinceMs: number;
  readonly reason: string;
  /** The node that wrote it. */
  readonly by: string;
}

/** What the daemon on this node says of a group. */
export interface LocalGroup {
  readonly state: string;
  readonly reason: string | null;
  /** Milliseconds left of the right to hold; null when nothing is held. */
  readonly slackMs: number | null;
  /** Missing: it has no probes there. */
  readonly health?: HealthStatus;
  readonly vips: readonly { readonly address: string; readonly held: boolean }[];
}

export interface GroupSummary {
  readonly name: string;
  /** Addresses, where known: from the configuration or the nodes' facts. */
  readonly vips?: readonly string[];
  readonly holder?: HolderSummary;
  readonly leader?: Omit<CandidateSummary, 'lastBeat'>;
  readonly candidates: readonly CandidateSummary[];
  readonly local?: LocalGroup;
}

/** A node that has a heartbeat key. */
export interface NodeSummary {
  readonly node: string;
  readonly version?: string;
  /** The promise of its heartbeat, in milliseconds. */
  readonly holdForMs?: number;
}

/** All that `vip-elector status` found, in etcd and on this node. */
export interface ClusterView {
  readonly groups: readonly GroupSummary[];
  readonly nodes: readonly NodeSummary[];
  readonly etcd: {
    readonly endpoints: readonly string[];
    readonly clusterId: string;
    readonly revision: number;
  };
  /** Missing: no daemon answered on this node. */
  readonly local?: StatusReport;
}

export interface StatusTextOptions {
  /** Wall-clock now. */
  readonly nowMs: number;
  /** True on a terminal only. */
  readonly colours: boolean;
}

/** The view as text for a person who was just woken up. Ends with a line break. */
export function statusText(view: ClusterView, { nowMs, colours }: StatusTextOptions): string {
  const paint = painter(colours);
  const groups =
    view.groups.length === 0
      ? [
          paint('yellow', 'There is no group in etcd under this prefix.'),
          '  → Is a daemon running anywhere (systemctl status vip-elector)? Is --prefix right?',
        ]
      : table(
          [
            ['GROUP', 'VIP', 'HELD BY', 'SINCE', 'WHY'],
            ...view.groups.map((group) => summaryRow(group, nowMs)),
          ],
          paint,
        );
  const lines = [
    ...groups,
    ...view.groups.flatMap((group) => ['', ...groupLines(group, view, nowMs, paint)]),
    '',
    ...footer(view),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function summaryRow(group: GroupSummary, nowMs: number): Cell[] {
  const vips = group.vips ?? group.local?.vips.map(({ address }) => address) ?? [];
  const vipText = vips.length === 0 ? '-' : vips.map(plain).join(', ');
  const { holder } = group;
  if (holder === undefined) {
    return [plain(group.name), vipText, ['nobody', 'red'], '-', 'never held so far'];
  }
  if (holder.state === 'unknown') {
    const since = ago(holder.sinceMs, nowMs);
    return [plain(group.name), vipText, ['nobody', 'red'], since, 'unknown: there was no record'];
  }
  const why = `${holder.state === 'held' ? '' : `${holder.state}: `}${plain(holder.reason)}`;
  return [plain(group.name), vipText, holderCell(holder), ago(holder.sinceMs, nowMs), why];
}

function holderCell({ node, state }: HolderSummary): Cell {
  if (state === 'held') return [plain(node), 'green'];
  if (state === 'foreign') return [`${plain(node)} (foreign)`, 'yellow'];
  return ['nobody', 'red'];
}

function groupLines(group: GroupSummary, view: ClusterView, nowMs: number, paint: Paint): string[] {
  const lines = [paint('bold', `group ${plain(group.name)}`), `  ${holderSentence(group, nowMs)}`];
  if (group.local !== undefined) lines.push(`  ${localSentence(group.local, view.local)}`);
  for (const { text, next } of groupAdvice(group)) {
    lines.push(`  ${paint('yellow', text)}`, `    → ${next}`);
  }
  if (group.candidates.length > 0) {
    const header = ['#', 'CANDIDATE', 'LEASE', 'REVISION', 'HEARTBEAT'];
    const rows = group.candidates.map(candidateRow);
    lines.push(...table([header, ...rows], paint).map((line) => `  ${line}`));
  }
  return lines;
}

function holderSentence({ holder }: GroupSummary, nowMs: number): string {
  if (holder === undefined) return 'No node has held it so far: etcd has no record.';
  const node = plain(holder.node);
  const since = `${moment(holder.sinceMs)} (${ago(holder.sinceMs, nowMs)})`;
  const reason = plain(holder.reason);
  switch (holder.state) {
    case 'held':
      return `${node} holds it since ${since}: ${reason}.`;
    case 'foreign':
      return `${node} leads since ${since}, and is no vip-elector: seen by ${plain(holder.by)}.`;
    case 'released':
      return `${node} released it at ${since}: ${reason}.`;
    case 'deposed':
      return `${node} was deposed by ${plain(holder.by)} at ${since}: ${reason}.`;
    case 'unknown':
      return `There was no record of a holder at ${since}: seen by ${plain(holder.by)}.`;
  }
  return holder.state satisfies never;
}

function localSentence(local: LocalGroup, report: StatusReport | undefined): string {
  const node = report === undefined ? 'This node' : `This node (${plain(report.node)})`;
  const reason = local.reason === null ? '' : `, because: ${plain(local.reason)}`;
  const slack =
    local.slackMs === null ? '' : `; ${seconds(local.slackMs)} of its right to hold are left`;
  const held = local.vips.filter((vip) => vip.held).map((vip) => plain(vip.address));
  const onLink = held.length === 0 ? 'no VIP on its link' : `on its link: ${held.join(', ')}`;
  const { health } = local;
  const sick = health?.verdict === 'unhealthy' ? ` It is unhealthy: ${plain(health.detail)}.` : '';
  return `${node} is ${plain(local.state)}${reason}; ${onLink}${slack}.${sick}`;
}

function candidateRow(candidate: CandidateSummary, index: number): Cell[] {
  const beat = candidate.lastBeat;
  const heartbeat: Cell = candidate.foreign
    ? ['foreign: not a vip-elector, never deposed', 'yellow']
    : beat === undefined
      ? ['none', 'red']
      : `${beat.role}, promises ${seconds(beat.holdForMs)}, number ${beat.seq}`;
  const { node, leaseId, revision } = candidate;
  return [`${index + 1}`, plain(node), plain(leaseId), `${revision}`, heartbeat];
}
