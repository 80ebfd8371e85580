import { isMap } from 'yaml';
import { endpointsOf } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { nodeAt, textAt } from '../document/syntax.ts';
import { legacyLinks, vipEntriesOf } from '../document/vip-entries.ts';
import { textsAt } from '../document/facts.ts';
import { endpointUriError } from './endpoint-text.ts';
import type { Findings } from './finding.ts';
import { isGoIp, parseAddrError } from './go-words.ts';
import { meantKind, misfitsOf } from './known-keys.ts';

/**
 * The documents that Talos takes on control planes only (those that implement
 * ControlplaneOnlyConfig), as far as a VIP or its endpoint is near.
 */
const CONTROLPLANE_KINDS = new Set([
  'KubeAPIServerConfig',
  'KubeAggregatorCAConfig',
  'KubeEtcdEncryptionConfig',
  'KubeServiceAccountConfig',
]);
const SELECTOR = 'networking.os.device.deviceSelector';

/** What Talos itself would refuse (reference §2.3), in its own words. */
export function talosFindings(config: MachineConfig, findings: Findings): void {
  keyFindings(config, findings);
  typeFindings(config, findings);
  linkFindings(config, findings);
  documentFindings(config, findings);
  endpointFindings(config, findings);
}

function keyFindings(config: MachineConfig, findings: Findings): void {
  for (const document of config.documents) {
    const { kind, id, map } = document;
    const meant = meantKind(kind);
    if (meant !== undefined) {
      const problem = `${JSON.stringify(kind)} "v1alpha1": not registered`;
      findings.fail('talos', map, problem, `did you mean ${meant}?`);
    }
    const place = config.where(map).match(/:(\d+):\d+$/)?.[1] ?? '1';
    const head = `error decoding document ${kind === '' ? '/v1alpha1/' : id} (line ${place})`;
    for (const { path, node, problem, wanted } of misfitsOf(document)) {
      if (problem === 'shape') {
        findings.fail('talos', node, `${head}: ${path} is not ${wanted}`, `write ${wanted}`);
        continue;
      }
      const said = `${head}: unknown keys found during decoding: ${path}`;
      const remedy = wanted === '' ? remedyFor(path) : `did you mean ${wanted}?`;
      findings.fail('talos', node, said, remedy);
    }
  }
}

function remedyFor(path: string): string {
  if (path.endsWith('.vip')) {
    return 'a vip stands in an entry of machine.network.interfaces, or in a Layer2VIPConfig';
  }
  return 'remove it, or put it where it belongs';
}

function typeFindings(config: MachineConfig, findings: Findings): void {
  if (config.v1alpha1 === undefined) return;
  const type = config.text('machine', 'type') ?? '';
  if (['controlplane', 'init', 'worker'].includes(type)) return;
  const node = nodeAt(config.v1alpha1, ['machine', 'type']) ?? config.v1alpha1;
  const remedy = 'write controlplane or worker';
  findings.fail('talos', node, `unknown machine type ${JSON.stringify(type)}`, remedy);
}

function linkFindings(config: MachineConfig, findings: Findings): void {
  const links = legacyLinks(config);
  const members = new Set(
    links.flatMap((link) => [
      ...textsAt(link, ['bond', 'interfaces']),
      ...textsAt(link, ['bridge', 'interfaces']),
    ]),
  );
  for (const link of links) {
    if (!isMap(link)) {
      findings.fail('talos', link, 'empty device', 'write a map with interface');
      continue;
    }
    // Talos looks no further at a link that it is told to ignore.
    if (isTrue(textAt(link, ['ignore']))) continue;
    selectionFindings(link, findings);
    const name = textAt(link, ['interface']) ?? '';
    if (members.has(name) && hasAddressing(link)) {
      const problem = "bonded/bridged interface shouldn't have any addressing methods configured";
      const remedy = 'put addresses, dhcp and vip into the entry of the bond or bridge';
      findings.fail('talos', link, `[networking.os.device] ${quoted(name)}: ${problem}`, remedy);
    }
    const vip = nodeAt(link, ['vip']);
    const ip = textAt(vip, ['ip']) ?? '';
    if (isMap(vip) && !isGoIp(ip)) {
      const problem = `[networking.os.device.vip] failed to parse ${quoted(ip)} as IP address`;
      findings.fail('talos', vip, problem, 'write one like 10.0.0.100, without prefix');
    }
  }
  if (config.role !== 'worker') return;
  for (const { form, node } of vipEntriesOf(config)) {
    if (form === 'document') continue;
    const problem = 'virtual (shared) IP is not allowed on non-controlplane nodes';
    findings.fail('talos', node, problem, 'take the vip out of the configuration of workers');
  }
}

function selectionFindings(link: unknown, findings: Findings): void {
  const selector = nodeAt(link, ['deviceSelector']);
  const both = `[networking.os.device.interface], [${SELECTOR}]`;
  const isNamed = (textAt(link, ['interface']) ?? '') !== '';
  if (!isNamed && !isMap(selector)) {
    const problem = `${both}: required either config section to be set`;
    findings.fail('talos', link, problem, 'write interface: end0, or a deviceSelector');
  } else if (isNamed && isMap(selector)) {
    const problem = `${both}: config sections are mutually exclusive`;
    findings.fail('talos', link, problem, 'keep one of the two');
  }
  if (isMap(selector) && selector.items.length === 0) {
    const problem = `[${SELECTOR}]: config section should contain at least one field`;
    findings.fail('talos', selector, problem, 'write hardwareAddr: 00:1a:2b:3c:4d:5e');
  }
}

function documentFindings(config: MachineConfig, findings: Findings): void {
  for (const { kind, map, id } of config.documents) {
    if (kind !== 'Layer2VIPConfig' && kind !== 'HCloudVIPConfig') continue;
    const name = textAt(map, ['name']) ?? '';
    const error = parseAddrError(name);
    const needed = kind === 'HCloudVIPConfig' ? ['link', 'apiToken'] : ['link'];
    const said = [
      ...(name === '' ? ['name must be specified'] : []),
      ...(name !== '' && error !== undefined ? [`name must be a valid IP address: ${error}`] : []),
      ...needed
        .filter((key) => (textAt(map, [key]) ?? '') === '')
        .map((key) => `${key} must be specified`),
    ];
    const head = id.replace(/^v1alpha1\//, '');
    for (const problem of said) {
      findings.fail('talos', map, `${head}: ${problem}`, 'the name of the document is the VIP');
    }
    const other = kind === 'Layer2VIPConfig' ? 'HCloudVIPConfig' : 'Layer2VIPConfig';
    const isFirst = kind === 'HCloudVIPConfig';
    const twin = config.ofKind(other).some((two) => textAt(two.map, ['name']) === name);
    if (isFirst && twin) {
      const problem = `conflicting documents: HCloudVIPConfig/${name} and Layer2VIPConfig/${name}`;
      findings.fail('talos', map, problem, 'keep one of the two');
    }
  }
  const kinds = config.documents.map(({ kind }) => kind).filter((k) => CONTROLPLANE_KINDS.has(k));
  if (config.role !== 'worker' || kinds.length === 0) return;
  const list = [...new Set(kinds)].toSorted().join(' ');
  findings.fail(
    'talos',
    undefined,
    `the following document kinds are only allowed on control plane machines: [${list}]`,
    'remove them from the configuration of workers',
  );
}

function endpointFindings(config: MachineConfig, findings: Findings): void {
  const { v1alpha1 } = config;
  const documents = config.ofKind('KubeClusterConfig');
  const legacy = config.text('cluster', 'controlPlane', 'endpoint') ?? '';
  const example = 'write one like https://10.0.0.100:6443';
  if (v1alpha1 !== undefined && documents.length === 0 && legacy === '') {
    findings.fail('talos', v1alpha1, 'cluster controlplane endpoint is required', example);
  }
  for (const { map } of documents) {
    for (const key of ['clusterName', 'endpoint']) {
      if ((textAt(map, [key]) ?? '') !== '') continue;
      findings.fail('talos', map, `KubeClusterConfig: ${key} must be specified`, `write ${key}`);
    }
  }
  for (const { text, node, path } of endpointsOf(config)) {
    const problem = endpointUriError(text);
    const isDocument = path.startsWith('Kube');
    const head = isDocument
      ? 'KubeClusterConfig: cluster endpoint is invalid'
      : 'invalid controlplane endpoint';
    if (problem !== undefined) findings.fail('talos', node, `${head}: ${problem}`, example);
  }
  conflictFindings(config, findings, legacy !== '');
}

function conflictFindings(config: MachineConfig, findings: Findings, hasLegacy: boolean): void {
  const remedy = 'vip-elector talos convert moves it';
  const [cluster] = config.ofKind('KubeClusterConfig');
  if (cluster !== undefined && (config.text('cluster', 'clusterName') ?? '') !== '') {
    findings.fail('talos', cluster.map, twice('cluster name', '.cluster.clusterName'), remedy);
  }
  if (cluster !== undefined && hasLegacy) {
    const said = twice('cluster endpoint', '.cluster.controlPlane.endpoint');
    findings.fail('talos', cluster.map, said, remedy);
  }
  const [server] = config.ofKind('KubeAPIServerConfig');
  if (server !== undefined && isMap(nodeAt(config.v1alpha1, ['cluster', 'apiServer']))) {
    const said = 'kube-apiserver config is already set in v1alpha1 config (.cluster.apiServer)';
    findings.fail('talos', server.map, said, 'keep one of the two');
  }
  const [account] = config.ofKind('KubeServiceAccountConfig');
  const hasKey = isMap(nodeAt(config.v1alpha1, ['cluster', 'serviceAccount']));
  if (account !== undefined && hasKey) {
    const said = 'service account is already set in v1alpha1 config (.cluster.serviceAccount)';
    findings.fail('talos', account.map, said, 'keep one of the two');
  }
}

function twice(what: string, path: string): string {
  return (
    `${what} is already set in the v1alpha1 config (${path}). Please remove it and use only the ` +
    'new KubeClusterConfig document to avoid conflicts'
  );
}

function hasAddressing(link: unknown): boolean {
  return (
    isTrue(textAt(link, ['dhcp'])) ||
    (textAt(link, ['cidr']) ?? '') !== '' ||
    textsAt(link, ['addresses']).length > 0 ||
    isMap(nodeAt(link, ['vip']))
  );
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(?:true|True|TRUE|yes|on)$/.test(text);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
