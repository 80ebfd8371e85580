import { isSeq } from 'yaml';
import { refused } from '../../config/parsed.ts';
import type { TalosVersion } from '../version.ts';
import { parseTalosVersion } from '../version.ts';
import type { MachineConfig } from './machine-config.ts';
import { nodeAt, textAt, wordOf } from './syntax.ts';

/** Where a text stands in a configuration. */
export interface Said {
  readonly text: string;
  readonly node: unknown;
  /** `cluster.controlPlane.endpoint` or `KubeClusterConfig endpoint`. */
  readonly path: string;
}

/** The endpoint of the cluster, in both forms: both may be there, which Talos refuses. */
export function endpointsOf(config: MachineConfig): Said[] {
  const legacy = said(config.v1alpha1, ['cluster', 'controlPlane', 'endpoint']);
  const documents = config
    .ofKind('KubeClusterConfig')
    .map(({ map }) => said(map, ['endpoint'], 'KubeClusterConfig '));
  return [legacy, ...documents].filter((one) => one !== undefined);
}

/** Names and addresses that are put into the API server's certificate by hand. */
export function certSansOf(config: MachineConfig): string[] {
  return [
    ...textsAt(config.v1alpha1, ['cluster', 'apiServer', 'certSANs']),
    ...config.ofKind('KubeAPIServerConfig').flatMap(({ map }) => textsAt(map, ['certExtraSANs'])),
  ];
}

/** The host name that a file gives its machine, or undefined. */
export function hostnameOf(config: MachineConfig): Said | undefined {
  const legacy = said(config.v1alpha1, ['machine', 'network', 'hostname']);
  const [document] = config.ofKind('HostnameConfig');
  return legacy ?? said(document?.map, ['hostname'], 'HostnameConfig ');
}

/** The version of Talos that a file installs, by the tag of its image; undefined without one. */
export function installedVersion(config: MachineConfig): TalosVersion | undefined {
  const image = config.text('machine', 'install', 'image')?.replace(/@sha256:.*$/, '');
  const outcome = parseTalosVersion(/:(v[^:/]+)$/.exec(image ?? '')?.[1] ?? '');
  return refused(outcome) ? undefined : outcome.value;
}

/** The scalars of a list at a path, or none. */
export function textsAt(node: unknown, path: readonly string[]): string[] {
  const list = nodeAt(node, path);
  return isSeq(list) ? list.items.map(wordOf).filter((text) => text !== '') : [];
}

function said(map: unknown, path: readonly string[], prefix = ''): Said | undefined {
  const text = textAt(map, path);
  if (text === undefined || text === '') return undefined;
  return { text, node: nodeAt(map, path), path: `${prefix}${path.join('.')}` };
}
