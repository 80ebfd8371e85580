import { z } from '../../zod.ts';
import type { Getter } from './resources.ts';
import { resources } from './resources.ts';

/** Of an AddressStatus only what is read here (pkg/machinery/resources/network, AddressStatusSpec). */
const addressStatus = z.object({
  metadata: z.object({ type: z.literal('AddressStatuses.net.talos.dev'), id: z.string() }),
  spec: z.object({ address: z.string(), linkName: z.string() }),
});

/** An address on a link of a node. */
export interface NodeAddress {
  /** With prefix, as Talos writes it: `10.4.0.9/32`. */
  readonly address: string;
  readonly link: string;
}

/** The addresses that stand on a node. @throws TalosctlError */
export async function nodeAddresses(
  talosctl: Getter,
  node: string,
  signal: AbortSignal,
): Promise<NodeAddress[]> {
  const found = await resources(talosctl, node, 'addresses', addressStatus, signal);
  return found.map(({ spec: { address, linkName } }) => ({ address, link: linkName }));
}
