import { isMap, isSeq } from 'yaml';
import { nearest } from '../../config/did-you-mean.ts';
import type { ConfigDocument } from '../document/machine-config.ts';
import { nodeAt, wordOf } from '../document/syntax.ts';

/** What may stand in a map; `*` is for each element of a list. Keys without a shape take anything. */
interface Shape {
  readonly [key: string]: Shape | null;
}

const VIP: Shape = { ip: null, equinixMetal: { apiToken: null }, hcloud: { apiToken: null } };
const ADDRESSING: Shape = {
  addresses: null,
  cidr: null,
  routes: null,
  mtu: null,
  dhcp: null,
  dhcpOptions: null,
  vip: VIP,
};
const SELECTOR: Shape = {
  busPath: null,
  hardwareAddr: null,
  permanentAddr: null,
  pciID: null,
  driver: null,
  physical: null,
};
const LINK: Shape = {
  ...ADDRESSING,
  interface: null,
  deviceSelector: SELECTOR,
  bond: null,
  bridge: null,
  bridgePort: null,
  vlans: { '*': { ...ADDRESSING, vlanId: null } },
  ignore: null,
  dummy: null,
  wireguard: null,
};
/** Of `machine.network` (v1alpha1_types.go): where a VIP is put, and is misput. */
const NETWORK: Shape = {
  hostname: null,
  interfaces: { '*': LINK },
  nameservers: null,
  searchDomains: null,
  extraHostEntries: null,
  kubespan: null,
  disableSearchDomain: null,
};
const CONTROL_PLANE: Shape = { endpoint: null, localAPIServerPort: null };
const HEAD: Shape = { apiVersion: null, kind: null };

const DOCUMENTS: Readonly<Record<string, Shape>> = {
  Layer2VIPConfig: { ...HEAD, name: null, link: null },
  HCloudVIPConfig: { ...HEAD, name: null, link: null, apiToken: null },
  LinkAliasConfig: { ...HEAD, name: null, selector: { match: null } },
  KubeClusterConfig: { ...HEAD, clusterName: null, endpoint: null },
  KubeServiceAccountConfig: {
    ...HEAD,
    issuer: { privateKey: null, issuerURL: null },
    accepted: { publicKeys: null, issuers: null, audiences: null },
  },
};

/** A key that Talos does not know, or a map or list where it wants another. */
export interface Misfit {
  readonly path: string;
  readonly node: unknown;
  readonly problem: 'unknown' | 'shape';
  /** What is wanted, or the key that was perhaps meant; empty where there is none. */
  readonly wanted: string;
}

/** What does not fit in the parts of a document that have to do with a VIP and its endpoint. */
export function misfitsOf({ kind, map }: ConfigDocument): Misfit[] {
  const shape = Object.hasOwn(DOCUMENTS, kind) ? DOCUMENTS[kind] : undefined;
  if (shape !== undefined) return inMap(map, shape, '');
  if (kind !== '') return [];
  return [
    ...inMap(nodeAt(map, ['machine', 'network']), NETWORK, 'machine.network'),
    ...inMap(nodeAt(map, ['cluster', 'controlPlane']), CONTROL_PLANE, 'cluster.controlPlane'),
    ...misplaced(map, 'machine', ['vip', 'interfaces', 'endpoint']),
    ...misplaced(map, 'cluster', ['vip', 'endpoint', 'certSANs']),
  ];
}

/** The kind that was meant by one that differs in case or lacks its ending: `Layer2VipConfig`. */
export function meantKind(kind: string): string | undefined {
  const kinds = [...Object.keys(DOCUMENTS), 'KubeAPIServerConfig'];
  if (kind === '' || kinds.includes(kind)) return undefined;
  return kinds.find((known) => bare(known) === bare(kind));
}

function bare(kind: string): string {
  return kind.toLowerCase().replace(/config$/, '');
}

function misplaced(map: unknown, owner: string, keys: readonly string[]): Misfit[] {
  return keys.flatMap((key): Misfit[] => {
    const node = nodeAt(map, [owner, key]);
    if (node === undefined) return [];
    return [{ path: `${owner}.${key}`, node, problem: 'unknown', wanted: '' }];
  });
}

function inMap(node: unknown, shape: Shape, path: string): Misfit[] {
  if (node === undefined || node === null || isEmpty(node)) return [];
  const each = shape['*'];
  if (each !== undefined) {
    if (!isSeq(node)) return [{ path, node, problem: 'shape', wanted: 'a list' }];
    return node.items.flatMap((item, at) => inMap(item, each ?? {}, `${path}[${at}]`));
  }
  if (!isMap(node)) return [{ path, node, problem: 'shape', wanted: 'a map of keys' }];
  return node.items.flatMap(({ key, value }): Misfit[] => {
    const name = wordOf(key);
    const own = path === '' ? name : `${path}.${name}`;
    const below = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (below === undefined) {
      const wanted = nearest(name, Object.keys(shape)) ?? '';
      return [{ path: own, node: key, problem: 'unknown', wanted }];
    }
    return below === null ? [] : inMap(value, below, own);
  });
}

/** Null says nothing: `vlans:` with nothing behind it is as good as no line. */
function isEmpty(node: unknown): boolean {
  return (node as { value?: unknown }).value === null;
}
