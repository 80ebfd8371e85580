import { z } from '../../zod.ts';
import { TalosctlError, type Talosctl } from './talosctl.ts';

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
  talosctl: Pick<Talosctl, 'get'>,
  node: string,
  signal: AbortSignal,
): Promise<NodeAddress[]> {
  const resources = await talosctl.get(node, 'addresses', signal);
  return resources.map((resource) => {
    const parsed = addressStatus.safeParse(resource);
    if (!parsed.success) {
      const what = z.prettifyError(parsed.error).slice(0, 200);
      throw new TalosctlError(`${node}: talosctl get addresses printed no AddressStatus: ${what}`);
    }
    const { address, linkName: link } = parsed.data.spec;
    return { address, link };
  });
}
