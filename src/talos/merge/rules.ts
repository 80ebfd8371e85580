/**
 * Talos's merge rules by place (reference §3.3; its struct tags and Merge methods). A path is
 * written without indices: `machine.network.interfaces`.
 */
export type ListRule =
  /** The right list follows the left one. */
  | { readonly kind: 'append' }
  /** As append, but what is there already is not added again: our improvement, see `--no-dedupe`. */
  | { readonly kind: 'set' }
  | { readonly kind: 'replace' }
  /** Elements with the same value of the first of these keys that both have are merged. */
  | { readonly kind: 'keyed'; readonly keys: readonly string[] };

const APPEND: ListRule = { kind: 'append' };
const SET: ListRule = { kind: 'set' };
const REPLACE: ListRule = { kind: 'replace' };

/** Of the v1alpha1 document. */
const LISTS: Readonly<Record<string, ListRule>> = {
  'machine.network.interfaces': { kind: 'keyed', keys: ['interface', 'deviceSelector'] },
  'machine.network.interfaces.vlans': { kind: 'keyed', keys: ['vlanId'] },
  'machine.network.interfaces.addresses': SET,
  'machine.certSANs': SET,
  'cluster.apiServer.certSANs': SET,
  'cluster.apiServer.admissionControl': { kind: 'keyed', keys: ['name'] },
  'cluster.network.podSubnets': REPLACE,
  'cluster.network.serviceSubnets': REPLACE,
};

/** Of the documents with a kind: `Kind path`. */
const DOCUMENT_LISTS: Readonly<Record<string, ListRule>> = {
  'ExtensionServiceConfig configFiles': { kind: 'keyed', keys: ['mountPath'] },
  'KubeAPIServerConfig certExtraSANs': SET,
  'KubeNetworkConfig podSubnets': REPLACE,
  'KubeNetworkConfig serviceSubnets': REPLACE,
  'NetworkRuleConfig ingress': REPLACE,
  'NetworkRuleConfig portSelector.ports': REPLACE,
};

const REPLACED_MAPS = new Set(['cluster.apiServer.auditPolicy']);
const REPLACED_DOCUMENT_MAPS = new Set(['StaticPodConfig pod', 'KubeAuditPolicyConfig policy']);
/** Talos keeps a URL in parts and merges the parts. */
const URLS = new Set(['cluster.controlPlane.endpoint', 'KubeClusterConfig endpoint']);

/** @param dedupe false: lists as Talos merges them, what is there twice stays twice */
export function listRule(kind: string, path: readonly string[], dedupe: boolean): ListRule {
  if (path.at(-2) === 'extraArgs') return REPLACE;
  const rule =
    (kind === '' ? LISTS[placeIn(kind, path)] : DOCUMENT_LISTS[placeIn(kind, path)]) ?? APPEND;
  return rule.kind === 'set' && !dedupe ? APPEND : rule;
}

export function isMapReplaced(kind: string, path: readonly string[]): boolean {
  const places = kind === '' ? REPLACED_MAPS : REPLACED_DOCUMENT_MAPS;
  return places.has(placeIn(kind, path));
}

export function isUrl(kind: string, path: readonly string[]): boolean {
  return URLS.has(placeIn(kind, path));
}

function placeIn(kind: string, path: readonly string[]): string {
  const place = path.join('.');
  return kind === '' ? place : `${kind} ${place}`;
}
