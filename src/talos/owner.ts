import { OperatorError } from '../errors.ts';
import { nodeAddresses } from './talosctl/addresses.ts';
import type { Talosctl } from './talosctl/talosctl.ts';

/** What one control plane node says of the VIP. */
export type NodeAnswer =
  | { readonly node: string; readonly owns: true; readonly link: string }
  | { readonly node: string; readonly owns: false }
  | { readonly node: string; readonly error: string };

/** Who has the VIP, as the nodes themselves say. */
export interface Ownership {
  readonly vip: string;
  readonly verdict: 'one' | 'none' | 'several' | 'unknown';
  readonly owners: readonly string[];
  readonly answers: readonly NodeAnswer[];
  /** What it means, and what to do. */
  readonly explanation: string;
}

/** Asks all nodes at once; one that does not answer is told of, and hinders no other. */
export async function ownershipOf(
  talosctl: Pick<Talosctl, 'get'>,
  vip: string,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<Ownership> {
  // Exactly this text: 10.4.0.90 and 10.4.0.9/24 are other addresses.
  const wanted = `${vip}/${vip.includes(':') ? 128 : 32}`;
  const answers = await Promise.all(
    nodes.map(async (node): Promise<NodeAnswer> => {
      try {
        const addresses = await nodeAddresses(talosctl, node, signal);
        const found = addresses.find(({ address }) => address === wanted);
        return found === undefined ? { node, owns: false } : { node, owns: true, link: found.link };
      } catch (error) {
        if (!(error instanceof OperatorError) || signal.aborted) throw error;
        return { node, error: error.message };
      }
    }),
  );
  return judged(vip, answers);
}

/** What the answers mean. Pure. */
export function judged(vip: string, answers: readonly NodeAnswer[]): Ownership {
  const owners = answers.flatMap((each) => ('link' in each ? [each.node] : []));
  const silent = answers.flatMap((each) => ('error' in each ? [each.node] : []));
  const unasked = silent.length === 0 ? '' : ` ${silent.join(', ')} did not answer.`;
  const said = { vip, owners, answers };
  if (owners.length === 1) {
    const explanation = `${owners[0]} has ${vip}.${unasked}`;
    return { ...said, verdict: 'one', explanation };
  }
  if (owners.length > 1) {
    const explanation =
      `${owners.join(' and ')} have ${vip} at once: clients reach now this one, now that. ` +
      'For less than a second it is a hand-over; if it stays, look for a partition of etcd, for two ' +
      `nodes of one host name, and for a second program that manages the VIP.${unasked}`;
    return { ...said, verdict: 'several', explanation };
  }
  if (silent.length > 0) {
    const explanation = `Of those that answered nobody has ${vip}.${unasked} One of them may have it.`;
    return { ...said, verdict: 'unknown', explanation };
  }
  const explanation =
    `Nobody has ${vip}. In this order: is the cluster bootstrapped and etcd healthy (talosctl etcd ` +
    'status)? Does the link of the VIP exist by that exact name and is it up (talosctl get links)? ' +
    'Does a control plane have the VIP in its configuration (talosctl get operatorspecs: ' +
    `vip/<link>/${vip})? After a crash it comes within 65 s.`;
  return { ...said, verdict: 'none', explanation };
}
