import { installedVersion } from '../document/facts.ts';
import type { ConfigDocument, MachineConfig } from '../document/machine-config.ts';
import { vipEntriesOf } from '../document/vip-entries.ts';
import type { TalosVersion } from '../version.ts';
import { formatTalosVersion } from '../version.ts';
import type { Findings } from './finding.ts';

const NETWORK_KIND = /^(?:Layer2VIP|HCloudVIP|LinkAlias|Link|Hostname|DHCPv[46]|Resolver)Config$/;
const KUBE_KIND = /^Kube(?!Span|Prism)\w*Config$/;

/** L6: what the version of Talos makes of a file. */
export function versionFindings(
  config: MachineConfig,
  given: TalosVersion | undefined,
  findings: Findings,
): void {
  const version = given ?? installedVersion(config);
  const entries = vipEntriesOf(config);
  for (const { ip, node } of entries) {
    if (!ip.includes(':')) continue;
    const problem = `Talos announces no IPv6 VIP (no unsolicited NA), ${ip} neither`;
    findings.warn('L6', node, problem, 'after a move neighbours keep the old MAC until they probe');
  }
  if (version === undefined) return;
  const name = formatTalosVersion(version);
  const refuse = (list: readonly ConfigDocument[], since: string): void => {
    for (const { kind, map } of list) {
      const problem = `Talos ${name} knows no ${kind}, and refuses the whole file`;
      findings.fail('L6', map, problem, `it is there since ${since}`);
    }
  };
  const { minor } = version;
  if (minor <= 11) {
    refuse(
      config.documents.filter(({ kind }) => NETWORK_KIND.test(kind)),
      'v1.12.0',
    );
  }
  if (minor <= 13)
    refuse(
      config.documents.filter(({ kind }) => KUBE_KIND.test(kind)),
      'v1.14.0',
    );
  const layer2 = config.ofKind('Layer2VIPConfig');
  if (minor === 12 && version.patch === 0 && version.prerelease !== undefined) {
    for (const { map } of layer2) {
      const problem = `Talos ${name} takes the VIP of a Layer2VIPConfig for an address of the node`;
      findings.fail('L6', map, `${problem} (siderolabs/talos#12410)`, 'use v1.12.0 or later');
    }
  }
  const legacy = entries.filter(({ form }) => form !== 'document');
  if (minor >= 12) {
    for (const { node } of legacy) {
      const problem = `since v1.12 a vip below machine.network.interfaces is deprecated`;
      const remedy = 'vip-elector talos convert makes a Layer2VIPConfig of it';
      findings.warn('L6', node, `${problem}, and its JSON schema refuses it`, remedy);
    }
  }
  if (entries.length > 0 && keepsStaleKeys(version)) {
    const problem =
      `Talos ${name}: a departed control plane may stay in the queue for the VIP, and hold up ` +
      'those behind it for 60 s';
    findings.warn('L6', undefined, problem, 'use v1.12.11, v1.13.8, v1.14.0 or later');
  }
}

/** Before v1.12.11, v1.13.8 and v1.14.0-beta.1 (reference §1.3). Unknown patches count as old. */
function keepsStaleKeys({ minor, patch, prerelease }: TalosVersion): boolean {
  if (minor >= 15) return false;
  if (minor === 14) return prerelease !== undefined && /^(?:alpha|beta\.0$)/.test(prerelease);
  if (minor === 13) return (patch ?? 0) < 8;
  return minor < 12 || (patch ?? 0) < 11;
}
