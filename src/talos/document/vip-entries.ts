import { isMap, isSeq } from 'yaml';
import type { MachineConfig } from './machine-config.ts';
import { nodeAt, textAt } from './syntax.ts';

/** The documents that bring a virtual IP. */
export const VIP_KINDS: ReadonlySet<string> = new Set(['Layer2VIPConfig', 'HCloudVIPConfig']);

/** One virtual IP that a configuration asks for. */
export interface VipEntry {
  /** As it is written; empty where the field is missing. */
  readonly ip: string;
  readonly form: 'interface' | 'vlan' | 'document';
  /** Name of the link, `end0.100` for a VLAN; a selector in JSON; empty where nothing says it. */
  readonly link: string;
  /** `machine.network.interfaces[0].vip` or `Layer2VIPConfig/10.0.0.9`. */
  readonly path: string;
  /** The map that holds it, for its place: `vip`, or the document. */
  readonly node: unknown;
}

/** The entries of `machine.network.interfaces`, or none. */
export function legacyLinks(config: MachineConfig): unknown[] {
  const list = nodeAt(config.v1alpha1, ['machine', 'network', 'interfaces']);
  return isSeq(list) ? list.items : [];
}

/** The VLANs of an entry, or none. */
export function vlansOf(link: unknown): unknown[] {
  const list = nodeAt(link, ['vlans']);
  return isSeq(list) ? list.items : [];
}

/** How an entry names its link: by name, or by its selector in JSON. */
export function linkText(link: unknown): string {
  const name = textAt(link, ['interface']);
  if (name !== undefined) return name;
  const selector = nodeAt(link, ['deviceSelector']);
  return isMap(selector) ? JSON.stringify(selector.toJSON()) : '';
}

/** Every virtual IP of a configuration: of links, of VLANs, then of documents. */
export function vipEntriesOf(config: MachineConfig): VipEntry[] {
  const legacy = legacyLinks(config).flatMap((link, at): VipEntry[] => {
    const path = `machine.network.interfaces[${at}]`;
    const name = linkText(link);
    const own = entryOf(link, 'interface', name, path);
    const vlans = vlansOf(link).map((vlan, index) => {
      const id = textAt(vlan, ['vlanId']) ?? '';
      return entryOf(vlan, 'vlan', `${name}.${id}`, `${path}.vlans[${index}]`);
    });
    return [own, ...vlans].filter((entry) => entry !== undefined);
  });
  const documents = config.documents
    .filter(({ kind }) => VIP_KINDS.has(kind))
    .map(({ map, kind }): VipEntry => {
      const ip = textAt(map, ['name']) ?? '';
      const link = textAt(map, ['link']) ?? '';
      return { ip, form: 'document', link, path: `${kind}/${ip}`, node: map };
    });
  return [...legacy, ...documents];
}

function entryOf(
  owner: unknown,
  form: VipEntry['form'],
  link: string,
  path: string,
): VipEntry | undefined {
  const node = nodeAt(owner, ['vip']);
  if (!isMap(node)) return undefined;
  return { ip: textAt(node, ['ip']) ?? '', form, link, path: `${path}.vip`, node };
}
