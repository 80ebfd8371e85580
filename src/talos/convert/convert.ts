import { ExitCode, OperatorError } from '../../errors.ts';
import { copyOf } from '../document/edit.ts';
import { installedVersion } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { provenMaterial } from '../document/material.ts';
import { vipEntriesOf } from '../document/vip-entries.ts';
import type { Rewritten } from '../integrate/rewritten.ts';
import type { Dialect, TalosVersion } from '../version.ts';
import { dialectOfVersion, formatTalosVersion } from '../version.ts';
import type { ClusterWish } from './cluster.ts';
import { clusterToDocuments, clusterToLegacy } from './cluster.ts';
import { networkToDocuments, networkToLegacy } from './network.ts';

/** Into which form, and what may change with it. */
export interface ConvertWish extends ClusterWish {
  /** A: all in one document. B: the VIP in its own. C: the cluster's endpoint in its own, too. */
  readonly to: Dialect;
  /** Whether links without an entry of their own do DHCP; undefined: not known. */
  readonly dhcp?: boolean;
  /** The version that will read it; by default the one that the file installs. */
  readonly version?: TalosVersion;
}

/**
 * The configuration in another form: VIP and endpoint are written as the dialect writes them, and
 * everything else stays. Comments move along; secrets are the same bytes, the service-account key
 * in the form of its place.
 * @throws OperatorError where the form cannot say it, or the version cannot read it
 */
export function convert(base: MachineConfig, wish: ConvertWish): Rewritten {
  const { to, dhcp } = wish;
  refuseVersion(base, wish);
  const config = copyOf(base);
  const notes: string[] = [];
  if (to !== 'C' && (wish.endpoint !== undefined || wish.issuer !== undefined)) {
    const why = 'only with --to C: in the older forms the endpoint is the issuer of tokens';
    throw new OperatorError(`--endpoint and --issuer: ${why}`, ExitCode.usage);
  }
  if (config.role === 'worker' && vipEntriesOf(config).length > 0) {
    const words = 'virtual (shared) IP is not allowed on non-controlplane nodes';
    throw new OperatorError(`${base.name}: ${words}; talos unset takes it out`, ExitCode.usage);
  }
  if (to === 'A') networkToLegacy(config, dhcp, notes);
  else networkToDocuments(config, notes);
  if (to === 'C') clusterToDocuments(config, wish, notes);
  else clusterToLegacy(config, notes);
  notes.push(...leftOver(config, to));
  return { config, notes, secretsSha256: provenMaterial(base, config, { without: false }) };
}

function refuseVersion(base: MachineConfig, { to, version }: ConvertWish): void {
  const reader = version ?? installedVersion(base);
  if (reader === undefined || dialectOfVersion(reader) >= to) return;
  const since = to === 'C' ? 'v1.14' : 'v1.12';
  const problem = `Talos ${formatTalosVersion(reader)} cannot read form ${to}, which is there since`;
  const remedy = `upgrade first, or give --talos-version ${since} if another will read it`;
  throw new OperatorError(`${base.name}: ${problem} ${since}; ${remedy}`, ExitCode.usage);
}

/** Documents that the form does not have, and that are none of ours to convert. */
function leftOver(config: MachineConfig, to: Dialect): string[] {
  const kinds = config.documents.map(({ kind }) => kind).filter((kind) => kind !== '');
  const foreign = to === 'A' ? kinds : kinds.filter((kind) => /^Kube(?!Span|Prism)/.test(kind));
  if (to === 'C' || foreign.length === 0) return [];
  const since = to === 'A' ? 'v1.12' : 'v1.14';
  return [`warning: ${foreign.join(', ')} stay; Talos before ${since} refuses the file with them`];
}
