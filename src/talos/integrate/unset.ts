import { isSeq } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import {
  copyOf,
  isLinkUsed,
  removeDocument,
  removeKey,
  removeLegacyVip,
} from '../document/edit.ts';
import { endpointsOf } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { provenMaterial } from '../document/material.ts';
import { keysOf, nodeAt, textAt, wordOf } from '../document/syntax.ts';
import { VIP_KINDS, vipEntriesOf } from '../document/vip-entries.ts';
import { partsOf } from '../validate/endpoint-text.ts';
import type { Rewritten } from './rewritten.ts';

/** What is to be taken out. */
export interface UnsetWish {
  /** Undefined: every VIP. */
  readonly vips?: readonly string[];
  /** Where clients are to go when the endpoint is a VIP that goes. */
  readonly endpoint?: string;
}

/**
 * The configuration without a VIP: its entry or document, the alias that only it used, and its
 * names in the certificates. What `$patch: delete` cannot say, for it deletes no inner key.
 * @throws OperatorError when the endpoint would point at nobody, or a secret would change
 */
export function unset(base: MachineConfig, wish: UnsetWish): Rewritten {
  const config = copyOf(base);
  const notes: string[] = [];
  const gone = new Set(wish.vips ?? vipEntriesOf(config).map(({ ip }) => ip));
  const isGone = (ip: string): boolean => gone.has(ip);
  for (const { ip, form, node, path } of vipEntriesOf(config)) {
    if (form === 'document' || !isGone(ip)) continue;
    const link = removeLegacyVip(config, node);
    notes.push(`${ip} taken out of ${path}`);
    if (link !== undefined) {
      notes.push(`the entry of ${link} held nothing else and is gone: Talos does DHCP there again`);
    }
  }
  removeDocuments(config, isGone, notes);
  removeNames(config, isGone, notes);
  switchEndpoint(config, isGone, wish.endpoint, notes);
  return { config, notes, secretsSha256: provenMaterial(base, config, { without: true }) };
}

function removeDocuments(
  config: MachineConfig,
  isGone: (ip: string) => boolean,
  notes: string[],
): void {
  const links = new Set<string>();
  for (const { kind, map, id } of config.documents) {
    const ip = textAt(map, ['name']) ?? '';
    if (!VIP_KINDS.has(kind) || !isGone(ip)) continue;
    links.add(textAt(map, ['link']) ?? '');
    removeDocument(config, id);
    notes.push(`${kind}/${ip} is gone`);
  }
  removeUnusedAliases(config, links, notes);
}

/** Takes out the aliases of links that nothing speaks of any more. */
export function removeUnusedAliases(
  config: MachineConfig,
  links: ReadonlySet<string>,
  notes: string[],
): void {
  for (const alias of config.ofKind('LinkAliasConfig')) {
    const name = textAt(alias.map, ['name']) ?? '';
    if (![...links].some((link) => link === name) || isLinkUsed(config, alias)) continue;
    removeDocument(config, alias.id);
    notes.push(`LinkAliasConfig/${name} is gone: nothing else uses it`);
  }
}

function removeNames(
  config: MachineConfig,
  isGone: (ip: string) => boolean,
  notes: string[],
): void {
  const { v1alpha1 } = config;
  const lists: [unknown, string, string][] = [
    [nodeAt(v1alpha1, ['cluster', 'apiServer']), 'certSANs', 'cluster.apiServer.certSANs'],
    [nodeAt(v1alpha1, ['machine']), 'certSANs', 'machine.certSANs'],
    ...config
      .ofKind('KubeAPIServerConfig')
      .map(({ map }): [unknown, string, string] => [map, 'certExtraSANs', 'KubeAPIServerConfig']),
  ];
  for (const [owner, key, path] of lists) {
    const list = nodeAt(owner, [key]);
    if (!isSeq(list)) continue;
    const before = list.items.length;
    list.items = list.items.filter((item) => !isGone(wordOf(item)));
    if (list.items.length === before) continue;
    notes.push(`taken out of ${path}`);
    if (list.items.length > 0) continue;
    removeKey(owner, key);
    const isEmpty = keysOf(owner).length === 0;
    if (isEmpty) removeKey(nodeAt(v1alpha1, ['cluster']), 'apiServer');
  }
}

function switchEndpoint(
  config: MachineConfig,
  isGone: (ip: string) => boolean,
  endpoint: string | undefined,
  notes: string[],
): void {
  for (const { text, node, path } of endpointsOf(config)) {
    if (!isGone(partsOf(text).host)) continue;
    if (endpoint === undefined) {
      const remedy = 'give --endpoint with where clients are to go instead';
      throw new OperatorError(
        `${config.where(node)}: the endpoint ${text} is the VIP, and would be nobody; ${remedy}`,
        ExitCode.usage,
      );
    }
    (node as { value: string }).value = endpoint;
    notes.push(`${path}: ${text} is now ${endpoint}`);
    if (path.startsWith('Kube') || config.role !== 'controlplane') continue;
    notes.push(
      `warning: this changes the issuer of service-account tokens from ${text}: those that are out ` +
        'become invalid; vip-elector talos convert --to C first keeps it',
    );
  }
}
