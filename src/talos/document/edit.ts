import type { Node, Pair } from 'yaml';
import { isMap, isScalar, isSeq, stringify, visit } from 'yaml';
import type { ConfigDocument } from './machine-config.ts';
import { documentOf, MachineConfig } from './machine-config.ts';
import { keysOf, nodeAt, textAt, wordOf } from './syntax.ts';
import { legacyLinks, linkText, vlansOf } from './vip-entries.ts';

/** A copy to be changed; comments and bytes of what is not changed stay. */
export function copyOf(config: MachineConfig): MachineConfig {
  return MachineConfig.parse(config.toString(), config.name);
}

/** Adds a document of a kind at the end, and returns it. */
export function addDocument(
  config: MachineConfig,
  kind: string,
  fields: Record<string, unknown>,
): ConfigDocument {
  const text = stringify({ apiVersion: 'v1alpha1', kind, ...fields }, { lineWidth: 0 });
  const [made] = MachineConfig.parse(text, kind).documents;
  if (made === undefined) throw new RangeError(`no document came of ${kind}`);
  // Without its source: it is written as the file is, with its indent.
  const document = documentOf(made.tree);
  config.documents = [...config.documents, document];
  return document;
}

export function removeDocument(config: MachineConfig, id: string): void {
  config.documents = config.documents.filter((document) => document.id !== id);
}

/** The comments of something that moves: before it, and behind it on its line. */
export function commentsOf(...nodes: readonly unknown[]): string | undefined {
  const found = nodes.flatMap((node) => {
    const { commentBefore, comment } = (node ?? {}) as { commentBefore?: string; comment?: string };
    return [commentBefore, comment].filter((text) => typeof text === 'string');
  });
  return found.length === 0 ? undefined : found.join('\n');
}

/** Puts comments before a node that is new. */
export function commentOn(node: Node | null | undefined, text: string | undefined): void {
  if (node && text !== undefined) node.commentBefore = text;
}

/** The pair of a key, or undefined. */
export function pairOf(map: unknown, key: string): Pair<Node, Node | null> | undefined {
  if (!isMap(map)) return undefined;
  return (map.items as Pair<Node, Node | null>[]).find((pair) => wordOf(pair.key) === key);
}

/** Takes a key out of a map; comments of the first key, which belong to the map, stay. */
export function removeKey(map: unknown, key: string): void {
  const pair = pairOf(map, key);
  if (pair === undefined || !isMap(map)) return;
  map.items = map.items.filter((item) => item !== pair);
}

/**
 * Takes the `vip` out of an entry, or of a VLAN. An entry that then only names its link goes as a
 * whole: it would go on ending DHCP there (reference §0.2).
 * @returns the link whose entry went, as it was named; undefined where the entry stays
 */
export function removeLegacyVip(config: MachineConfig, vip: unknown): string | undefined {
  const links = nodeAt(config.v1alpha1, ['machine', 'network', 'interfaces']);
  const link = legacyLinks(config).find((one) => nodeAt(one, ['vip']) === vip);
  if (link === undefined) {
    const vlans = legacyLinks(config).flatMap((one) => vlansOf(one));
    removeKey(
      vlans.find((vlan) => nodeAt(vlan, ['vip']) === vip),
      'vip',
    );
    return undefined;
  }
  removeKey(link, 'vip');
  const isBare = keysOf(link).every((key) => key === 'interface' || key === 'deviceSelector');
  if (!isBare || !isSeq(links)) return undefined;
  links.items = links.items.filter((item) => item !== link);
  if (links.items.length === 0) {
    removeKey(nodeAt(config.v1alpha1, ['machine', 'network']), 'interfaces');
  }
  return linkText(link);
}

/** Whether anything but the document itself speaks of a link by this name. */
export function isLinkUsed(config: MachineConfig, alias: ConfigDocument): boolean {
  const name = textAt(alias.map, ['name']) ?? '';
  let used = false;
  for (const { tree, map } of config.documents) {
    if (map === alias.map) continue;
    visit(tree, {
      Scalar: (_key, node) => {
        const text = isScalar(node) ? wordOf(node) : '';
        if (text === name || text.startsWith(`${name}.`)) used = true;
      },
    });
  }
  return used;
}
