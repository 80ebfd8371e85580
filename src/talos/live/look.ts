import { OperatorError } from '../../errors.ts';
import type { Machine } from '../inventory/types.ts';
import type { NodeAddress } from '../talosctl/addresses.ts';
import { nodeAddresses } from '../talosctl/addresses.ts';
import type { MachineState, NodeLink, NodeVip } from '../talosctl/node.ts';
import {
  machineState,
  nodeHostname,
  nodeLinks,
  nodeServices,
  nodeVersion,
  nodeVips,
} from '../talosctl/node.ts';
import type { Getter } from '../talosctl/resources.ts';

/** What was asked, or why there is no answer. */
export type Answer<T> = { readonly value: T } | { readonly error: string };

/** All that a node says of itself. */
export interface NodeLook {
  readonly machine: Machine;
  readonly state: Answer<MachineState>;
  readonly hostname: Answer<string>;
  readonly version: Answer<string>;
  readonly links: Answer<readonly NodeLink[]>;
  readonly addresses: Answer<readonly NodeAddress[]>;
  readonly services: Answer<ReadonlyMap<string, boolean>>;
  readonly vips: Answer<readonly NodeVip[]>;
}

/** Asks a node. What it does not say hinders nothing else; a node that is away is asked once. */
export async function lookAt(
  talosctl: Getter,
  machine: Machine,
  signal: AbortSignal,
): Promise<NodeLook> {
  const node = machine.address;
  const ask = async <T>(
    read: (talosctl: Getter, node: string, signal: AbortSignal) => Promise<T>,
  ): Promise<Answer<T>> => {
    try {
      return { value: await read(talosctl, node, signal) };
    } catch (error) {
      if (!(error instanceof OperatorError) || signal.aborted) throw error;
      return { error: error.message };
    }
  };
  const state = await ask(machineState);
  if ('error' in state) {
    const none = state;
    return {
      machine,
      state,
      hostname: none,
      version: none,
      links: none,
      addresses: none,
      services: none,
      vips: none,
    };
  }
  const [hostname, version, links, addresses, services, vips] = await Promise.all([
    ask(nodeHostname),
    ask(nodeVersion),
    ask(nodeLinks),
    ask(nodeAddresses),
    ask(nodeServices),
    ask(nodeVips),
  ]);
  return { machine, state, hostname, version, links, addresses, services, vips };
}

/** The answer, or undefined. */
export function valueOf<T>(answer: Answer<T>): T | undefined {
  return 'value' in answer ? answer.value : undefined;
}

/** Whether etcd runs there and is well; undefined: not known. */
export function etcdOf({ services }: NodeLook): boolean | undefined {
  const known = valueOf(services);
  return known === undefined ? undefined : (known.get('etcd') ?? false);
}

/** Whether the node says that it has an address of exactly this text. */
export function owns({ addresses }: NodeLook, vip: string): boolean {
  const wanted = `${vip}/${vip.includes(':') ? 128 : 32}`;
  return (valueOf(addresses) ?? []).some(({ address }) => address === wanted);
}
