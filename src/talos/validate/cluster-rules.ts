import { isIPv6 } from 'node:net';
import { isMap } from 'yaml';
import { certSansOf, endpointsOf, hostnameOf } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { nodeAt } from '../document/syntax.ts';
import { vipEntriesOf } from '../document/vip-entries.ts';
import { endpointUriError, partsOf } from './endpoint-text.ts';
import type { LintFinding } from './finding.ts';
import { Findings } from './finding.ts';
import type { Known } from './known.ts';

/** L4: how the endpoint is written, and whether its certificate has the VIP. */
export function endpointFindings(config: MachineConfig, findings: Findings): void {
  const vips = vipEntriesOf(config).map(({ ip }) => ip);
  const sans = new Set(certSansOf(config));
  for (const { text, node } of endpointsOf(config)) {
    const { scheme, host, bracketed, port } = partsOf(text);
    const shown = isIPv6(host) ? `[${host}]` : host;
    const right = `write https://${shown || '10.0.0.100'}:6443`;
    if (isIPv6(host) && !bracketed) {
      findings.fail('L4', node, `endpoint ${text} has IPv6 without brackets`, right);
      continue;
    }
    if (endpointUriError(text) !== undefined) continue;
    if (scheme !== 'https') {
      findings.fail('L4', node, `endpoint ${text} should have scheme https://`, right);
    }
    const isVip = vips.includes(host);
    if (port === '') {
      const problem = `endpoint ${text} has no port: clients then try 443`;
      if (isVip) findings.fail('L4', node, `${problem}, where no API server listens`, right);
      else findings.warn('L4', node, problem, right);
    }
    if (config.role !== 'controlplane') continue;
    for (const vip of new Set(vips)) {
      if (vip === '' || vip === host || sans.has(vip)) continue;
      const problem = `VIP ${vip} is neither the endpoint's host nor among the certificate's names`;
      const where = 'cluster.apiServer.certSANs (or KubeAPIServerConfig certExtraSANs)';
      findings.fail('L4', node, `${problem}: clients refuse it there`, `add it to ${where}`);
    }
  }
  const isHalf =
    config.ofKind('KubeClusterConfig').length > 0 &&
    isMap(nodeAt(config.v1alpha1, ['cluster', 'serviceAccount']));
  if (isHalf) {
    const problem =
      'KubeClusterConfig beside .cluster.serviceAccount: Talos 1.14 cannot tell the issuer';
    const remedy = 'move the key into a KubeServiceAccountConfig; vip-elector talos convert does';
    findings.fail('L4', nodeAt(config.v1alpha1, ['cluster', 'serviceAccount']), problem, remedy);
  }
}

/** What belongs together in several files, which are taken for those of one cluster. */
export function clusterFindings(configs: readonly MachineConfig[]): LintFinding[] {
  return [...hostnameFindings(configs), ...agreementFindings(configs)];
}

/** L2: Talos's election is by host name. */
function hostnameFindings(configs: readonly MachineConfig[]): LintFinding[] {
  const first = new Map<string, string>();
  return configs.flatMap((config) => {
    const said = hostnameOf(config);
    if (said === undefined) return [];
    const findings = new Findings(config);
    const before = first.get(said.text);
    if (before === undefined) first.set(said.text, config.name);
    else {
      const problem = `host name ${said.text} is that of ${before} as well`;
      const why = "give it another: Talos's election is by host name";
      findings.fail('L2', said.node, problem, why);
    }
    return findings.list;
  });
}

function agreementFindings(configs: readonly MachineConfig[]): LintFinding[] {
  const [first] = configs.filter((config) => endpointsOf(config).length > 0);
  const planes = configs.filter(({ role }) => role === 'controlplane');
  return configs.flatMap((config) => {
    const findings = new Findings(config);
    const [own] = endpointsOf(config);
    const [other] = first === undefined ? [] : endpointsOf(first);
    if (own !== undefined && other !== undefined && own.text !== other.text) {
      const problem = `endpoint ${own.text} differs from ${other.text} in ${first?.name ?? ''}`;
      findings.warn('L4', own.node, problem, 'give all machines of a cluster the same');
    }
    const [plane] = planes;
    if (config.role === 'controlplane' && plane !== undefined && vips(config) !== vips(plane)) {
      const said = `VIPs ${vips(config) || 'none'} differ from ${vips(plane) || 'none'}`;
      findings.warn(
        'L2',
        undefined,
        `${said} in ${plane.name}`,
        'give all control planes the same',
      );
    }
    return findings.list;
  });
}

function vips(config: MachineConfig): string {
  return [...new Set(vipEntriesOf(config).map(({ ip }) => ip))].toSorted().join(', ');
}

/** L5: the number of control planes, from an inventory or from files with host names. */
export function countFindings(
  configs: readonly MachineConfig[],
  known: Known,
  inventory: string | undefined,
): LintFinding[] {
  const planes = configs.filter(({ role }) => role === 'controlplane');
  const named = new Set(planes.flatMap((config) => hostnameOf(config)?.text ?? []));
  // A template stands for any number of machines.
  const isCounted = planes.length > 1 && named.size === planes.length;
  const count = known.controlPlanes ?? (isCounted ? planes.length : undefined);
  const file = inventory ?? planes[0]?.name ?? '';
  if (count === undefined || count % 2 === 1) return [];
  const problem =
    count === 2
      ? '2 control planes: when one fails there is no quorum of etcd, and nobody has the VIP'
      : `${count} control planes survive no more failures than ${count - 1}`;
  const level = count === 2 ? 'fail' : 'warn';
  const remedy = `use ${count - 1 || 1} or ${count + 1}`;
  return [{ file, place: file, rule: 'L5', level, message: problem, remedy }];
}
