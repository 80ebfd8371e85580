import type { Node, YAMLMap } from 'yaml';
import { isMap, isSeq, stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import {
  addDocument,
  commentOn,
  commentsOf,
  pairOf,
  removeDocument,
  removeLegacyVip,
} from '../document/edit.ts';
import type { ConfigDocument } from '../document/machine-config.ts';
import { documentOf, MachineConfig } from '../document/machine-config.ts';
import { keysOf, nodeAt, textAt } from '../document/syntax.ts';
import type { VipEntry } from '../document/vip-entries.ts';
import { legacyLinks, VIP_KINDS, vipEntriesOf, vlansOf } from '../document/vip-entries.ts';
import { removeUnusedAliases } from '../integrate/unset.ts';
import { ALIAS, vlanLinkName } from '../render/link.ts';

/** What of a link's hardware address an alias asks for, by the key of the legacy selector. */
const CEL = { permanentAddr: 'link.permanent_addr', hardwareAddr: 'link.hardware_addr' } as const;

/** Makes a document of each legacy `vip`. The rest of its entry stays as it is. @throws OperatorError */
export function networkToDocuments(config: MachineConfig, notes: string[]): void {
  for (const entry of vipEntriesOf(config)) {
    if (entry.form === 'document') continue;
    const { ip, node, path } = entry;
    if (nodeAt(node, ['equinixMetal']) !== undefined) {
      const why = 'Talos has no document for Equinix Metal; leave this file as it is';
      throw refusal(config, node, `VIP ${ip}: ${why}`);
    }
    const link = linkNameOf(config, entry);
    const hcloud = nodeAt(node, ['hcloud', 'apiToken']);
    const kind = hcloud === undefined ? 'Layer2VIPConfig' : 'HCloudVIPConfig';
    const there = config.documents.find(({ kind, map }) => {
      return VIP_KINDS.has(kind) && textAt(map, ['name']) === ip;
    });
    if (there !== undefined && (there.kind !== kind || textAt(there.map, ['link']) !== link)) {
      throw refusal(config, node, `VIP ${ip} is in ${there.id} as well, and differs; remove one`);
    }
    if (there === undefined) {
      const { map } = addDocument(config, kind, { name: ip, link });
      commentOn(map, commentsOf(pairAbove(config, node), node, nodeAt(node, ['ip'])));
      if (hcloud !== undefined) map.set('apiToken', (hcloud as Node).clone());
    }
    const bare = removeLegacyVip(config, node);
    notes.push(`${path} is now ${kind}/${ip} on ${link}`);
    if (bare !== undefined) {
      notes.push(`the entry of ${bare} held nothing else and is gone: Talos does DHCP there again`);
    }
  }
}

/** The comment above the key `vip` belongs to the key. */
function pairAbove(config: MachineConfig, vip: unknown): unknown {
  const owners = legacyLinks(config).flatMap((link) => [link, ...vlansOf(link)]);
  const owner = owners.find((one) => nodeAt(one, ['vip']) === vip);
  return pairOf(owner, 'vip')?.key;
}

function linkNameOf(config: MachineConfig, { form, node }: VipEntry): string {
  const owner = legacyLinks(config).find((link) =>
    [link, ...vlansOf(link)].some((one) => nodeAt(one, ['vip']) === node),
  );
  const name = textAt(owner, ['interface']);
  if (form === 'vlan') {
    const vlan = vlansOf(owner).find((one) => nodeAt(one, ['vip']) === node);
    const id = Number(textAt(vlan, ['vlanId']));
    if (name === undefined || !Number.isInteger(id)) {
      const why =
        'the name of a VLAN follows from the name of its link, and its vlanId; write both';
      throw refusal(config, node, why);
    }
    return vlanLinkName(name, id);
  }
  return name ?? aliasOf(config, nodeAt(owner, ['deviceSelector']));
}

function aliasOf(config: MachineConfig, selector: unknown): string {
  const [key, ...others] = keysOf(selector);
  const mac = textAt(selector, [key ?? '']) ?? '';
  const isMac = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(mac);
  if ((key !== 'permanentAddr' && key !== 'hardwareAddr') || others.length > 0 || !isMac) {
    const why = 'of a deviceSelector only one whole hardwareAddr or permanentAddr can be converted';
    throw refusal(config, selector, `${why}; select by it, or name the interface`);
  }
  const match = `mac(${CEL[key]}) == "${mac.toLowerCase()}"`;
  const aliases = config.ofKind('LinkAliasConfig');
  const same = aliases.find(({ map }) => textAt(map, ['selector', 'match']) === match);
  if (same !== undefined) return textAt(same.map, ['name']) ?? '';
  const taken = aliases.map(({ map }) => textAt(map, ['name']));
  let name: string = ALIAS;
  for (let index = 1; taken.includes(name); index++) name = `net${index}`;
  addDocument(config, 'LinkAliasConfig', { name, selector: { match } });
  return name;
}

/**
 * Makes a legacy `vip` of each document.
 * @param dhcp what a link does for its own address where no entry says it; undefined: not known
 * @throws OperatorError
 */
export function networkToLegacy(
  config: MachineConfig,
  dhcp: boolean | undefined,
  notes: string[],
): void {
  const freed = new Set<string>();
  for (const document of config.documents.filter(({ kind }) => VIP_KINDS.has(kind))) {
    const { map, id, kind } = document;
    const ip = textAt(map, ['name']) ?? '';
    const link = textAt(map, ['link']) ?? '';
    const owner = ownerOf(config, document, link, dhcp);
    const old = nodeAt(owner, ['vip']);
    if (old !== undefined && textAt(old, ['ip']) !== ip) {
      const other = textAt(old, ['ip']) ?? '';
      throw refusal(config, map, `a legacy interface has one VIP, not ${other} and ${ip}`);
    }
    const vip = made({ vip: { ip } });
    const pair = vip.items[0];
    if (old === undefined && pair !== undefined) {
      const token = nodeAt(map, ['apiToken']);
      if (kind === 'HCloudVIPConfig' && token !== undefined) {
        vip.setIn(['vip', 'hcloud', 'apiToken'], (token as Node).clone());
      }
      const comment = commentsOf({ commentBefore: document.tree.commentBefore }, map);
      commentOn(pair.key as Node, comment);
      owner.items.push(pair);
    }
    removeDocument(config, id);
    freed.add(link);
    notes.push(`${kind}/${ip} is now the vip of ${link} below machine.network.interfaces`);
  }
  removeUnusedAliases(config, freed, notes);
}

/** The entry, or VLAN, of a link; a new one where there is none and its addressing is known. */
function ownerOf(
  config: MachineConfig,
  { map }: ConfigDocument,
  link: string,
  dhcp: boolean | undefined,
): YAMLMap {
  const selector = selectorOf(config, link);
  for (const entry of legacyLinks(config)) {
    if (!isMap(entry)) continue;
    const name = textAt(entry, ['interface']);
    if (name === link) return entry;
    const own = nodeAt(entry, ['deviceSelector']);
    if (selector !== undefined && isMap(own) && sameSelector(own, selector)) return entry;
    const vlan = vlansOf(entry).find((one) => {
      const id = Number(textAt(one, ['vlanId']));
      return name !== undefined && Number.isInteger(id) && vlanLinkName(name, id) === link;
    });
    if (isMap(vlan)) return vlan;
  }
  if (dhcp === undefined) {
    const why = `no entry of machine.network.interfaces says how ${link} gets its own address`;
    throw refusal(config, map, `${why}; give --dhcp, or --no-dhcp where it comes from elsewhere`);
  }
  const named = selector === undefined ? { interface: link } : { deviceSelector: selector };
  const entry = made({ ...named, dhcp });
  const { v1alpha1 } = config;
  if (v1alpha1 === undefined) throw refusal(config, map, 'there is no v1alpha1 document');
  const list = nodeAt(v1alpha1, ['machine', 'network', 'interfaces']);
  if (isSeq(list)) list.items.push(entry);
  else v1alpha1.setIn(['machine', 'network', 'interfaces'], v1alpha1Node([entry]));
  return entry;
}

function selectorOf(config: MachineConfig, link: string): Record<string, string> | undefined {
  const alias = config.ofKind('LinkAliasConfig').find(({ map }) => textAt(map, ['name']) === link);
  if (alias === undefined) return undefined;
  const match = textAt(alias.map, ['selector', 'match']) ?? '';
  const [, field, mac] = /^mac\((link\.\w+)\) == "([0-9a-f:]+)"$/.exec(match) ?? [];
  const key = Object.entries(CEL).find(([, cel]) => cel === field)?.[0];
  if (key === undefined || mac === undefined) {
    const why = `the alias ${link} is not by one MAC address, which is all that a legacy selector says`;
    throw refusal(config, alias.map, why);
  }
  return { [key]: mac };
}

function sameSelector(own: YAMLMap, selector: Record<string, string>): boolean {
  const keys = keysOf(own);
  const [[key, value] = ['', '']] = Object.entries(selector);
  return keys.length === 1 && keys[0] === key && textAt(own, [key])?.toLowerCase() === value;
}

/** A map that is read as every other: its numbers and booleans stay text. */
function made(value: object): YAMLMap {
  const [document] = MachineConfig.parse(stringify(value, { lineWidth: 0 }), 'made').documents;
  if (document === undefined) throw new RangeError('nothing came of it');
  return documentOf(document.tree).map;
}

function v1alpha1Node(items: YAMLMap[]): Node {
  const list = made({ list: [] }).get('list', true);
  if (!isSeq(list)) throw new RangeError('no list came of it');
  list.items = items;
  list.flow = false;
  return list;
}

function refusal(config: MachineConfig, node: unknown, problem: string): OperatorError {
  return new OperatorError(`${config.where(node)}: ${problem}`, ExitCode.usage);
}
