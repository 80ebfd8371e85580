import type { GroupSummary } from './status-view.ts';
import { plain } from './text.ts';

/** Something that is not as it should be, and the next step. */
export interface Advice {
  readonly text: string;
  readonly next: string;
}

/** What a person should know of a group beyond who holds it; empty when all is well. */
export function groupAdvice(group: GroupSummary): Advice[] {
  return [emptyQueue(group), unheld(group), mismatch(group), disagreement(group)].filter(
    (advice) => advice !== undefined,
  );
}

function emptyQueue({ candidates, holder }: GroupSummary): Advice | undefined {
  if (candidates.length > 0) return undefined;
  return {
    text:
      holder?.state === 'held'
        ? `Nobody is a candidate any more, not even ${plain(holder.node)}: its lease has ended.`
        : 'No node is a candidate.',
    next: 'Start the daemon on a node, and see its log: journalctl -u vip-elector',
  };
}

function unheld({ leader, holder }: GroupSummary): Advice | undefined {
  if (leader === undefined) return undefined;
  const node = plain(leader.node);
  if (leader.foreign) {
    return {
      text: `${node} is first and is no vip-elector (kube-vip, Talos or etcdctl): ours wait.`,
      next: `To hand over to vip-elector, stop the other elector on ${node}.`,
    };
  }
  if (holder === undefined || holder.state === 'unknown') {
    return {
      text: `${node} is first and waits: nobody can know yet whether another one still holds it.`,
      next: 'Look again in half a minute. Only the first start of a group takes that long.',
    };
  }
  if (holder.state === 'held') return undefined;
  return {
    text: `${node} is first and is about to take it.`,
    next: `Look again in a few seconds. If it stays so, see the log on ${node}.`,
  };
}

/** The record names one node, another one is first. */
function mismatch({ leader, holder }: GroupSummary): Advice | undefined {
  if (leader === undefined || leader.foreign) return undefined;
  if (holder?.state !== 'held' || holder.node === leader.node) return undefined;
  return {
    text:
      `The key of ${plain(holder.node)} is gone; ` +
      `${plain(leader.node)} takes over when its promise has run out.`,
    next: 'Look again in a few seconds; the address moves by itself.',
  };
}

/** The daemon here and etcd tell different stories. */
function disagreement({ local, holder }: GroupSummary): Advice | undefined {
  if (local?.state === 'faulted') {
    return {
      text: `This node does not stand for election: ${plain(local.reason ?? 'faulted')}.`,
      next: 'See its log: journalctl -u vip-elector',
    };
  }
  const holdsHere = local?.vips.some((vip) => vip.held) ?? false;
  if (!holdsHere || holder?.state === 'held') return undefined;
  return {
    text: 'This node has a VIP on its link, but etcd does not say that it is held.',
    next: 'Look again: a moment in between is normal. If it stays so, see the log on this node.',
  };
}
