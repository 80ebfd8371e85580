import { isSeq } from 'yaml';
import type { MachineConfig } from '../document/machine-config.ts';
import { nodeAt, textAt, wordOf } from '../document/syntax.ts';
import type { Draft } from './draft.ts';
import { ENDPOINT_URL } from './endpoint.ts';
import type { Facts } from './facts.ts';
import { addVip } from './patch.ts';
import { findVips } from './vip-parts.ts';

/** A machine that the operator names on the command line: `cp-1=10.0.0.10=controlplane.yaml`. */
export interface NamedNode {
  readonly name: string;
  readonly address: string;
  /** A role, or the file of its machine configuration as it was given. */
  readonly of: string;
  /** The flag as it was given, for messages. */
  readonly where: string;
}

/**
 * Takes what a machine configuration says of cluster and machine; never a secret.
 * @param named the machines that have this configuration
 */
export function importMachineConfig(
  draft: Draft,
  config: MachineConfig,
  named: readonly NamedNode[],
): void {
  sayCluster(draft, config);
  const nodes = nodesOf(draft, config, named);
  const vips = findVips(config);
  if (config.role === 'worker') {
    for (const { ip, where } of vips) {
      draft.note(`${where} = "${ip}": is on a worker, where it is not allowed; it is left out`);
    }
    return;
  }
  for (const vip of vips) addVip(draft, vip, nodes, nodes.length !== 1);
}

function sayCluster(draft: Draft, config: MachineConfig): void {
  const say = (field: string, path: readonly string[], kind: string, key: string): void => {
    const own = nodeAt(config.v1alpha1, path);
    const document = config.ofKind(kind)[0]?.map;
    const node = own ?? nodeAt(document, key.split('.'));
    if (isSeq(node)) {
      for (const item of node.items) draft.add(field, wordOf(item), config.where(item));
    } else if (wordOf(node) !== '') {
      const where = `${config.where(node)} ${own === undefined ? key : path.join('.')}`;
      draft.say(field, wordOf(node), where);
    }
  };
  say('name', ['cluster', 'clusterName'], 'KubeClusterConfig', 'clusterName');
  const endpoint = ['cluster', 'controlPlane', 'endpoint'];
  say(ENDPOINT_URL, endpoint, 'KubeClusterConfig', 'endpoint');
  const sans = ['cluster', 'apiServer', 'certSANs'];
  say('certSans', sans, 'KubeAPIServerConfig', 'certExtraSANs');
  for (const [field, key] of [
    ['network.podCidrs', 'podSubnets'],
    ['network.serviceCidrs', 'serviceSubnets'],
  ] as const) {
    say(field, ['cluster', 'network', key], 'KubeNetworkConfig', key);
  }
  sayVersion(draft, config, 'talosVersion', ['machine', 'install', 'image']);
  sayVersion(draft, config, 'kubernetesVersion', ['machine', 'kubelet', 'image']);
}

/** The tag of an image: `ghcr.io/siderolabs/installer:v1.12.3@sha256:…`. */
function sayVersion(draft: Draft, config: MachineConfig, field: string, path: string[]): void {
  const image = config.text(...path);
  const tag = /:(v1\.\d[\w.-]*)(?:@|$)/.exec(image ?? '')?.[1];
  const where = `${config.where(nodeAt(config.v1alpha1, path))} ${path.join('.')}`;
  draft.say(field, tag, where);
}

function nodesOf(draft: Draft, config: MachineConfig, named: readonly NamedNode[]): Facts[] {
  const { role } = config;
  const all = named.map(({ name, address, where }) => ({ name, address, where }));
  const own = ownNode(config);
  if (all.length === 0 && own !== undefined) all.push(own);
  if (all.length === 0) {
    draft.note(
      `${config.name}: does not say name and address of its machines; give them with ` +
        `--node NAME=ADDRESS=${config.name}`,
    );
  }
  return all.map(({ name, address, where }) => {
    const facts = draft.node(name, where);
    facts.say('address', address, where);
    facts.say('role', role, `${config.where(config.v1alpha1)} machine.type`);
    return facts;
  });
}

/** Host name and first static address, where the file has both. */
function ownNode(config: MachineConfig) {
  const path = ['machine', 'network', 'hostname'];
  const document = config.ofKind('HostnameConfig')[0]?.map;
  const node = nodeAt(config.v1alpha1, path) ?? nodeAt(document, ['hostname']);
  const name = wordOf(node);
  const address = staticAddress(config)?.split('/')[0];
  if (name === '' || address === undefined) return undefined;
  return { name, address, where: config.where(node) };
}

function staticAddress(config: MachineConfig): string | undefined {
  const links = nodeAt(config.v1alpha1, ['machine', 'network', 'interfaces']);
  const entries = isSeq(links) ? links.items : [];
  const documents = config.ofKind('LinkConfig').map(({ map }) => map);
  const lists = [...entries, ...documents].map((entry) => nodeAt(entry, ['addresses']));
  const [first] = lists.flatMap((list) => (isSeq(list) ? list.items : []));
  return textAt(first, ['address']) ?? (wordOf(first) || undefined);
}
