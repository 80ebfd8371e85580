import { ExitCode, OperatorError } from '../../errors.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import type { Dialect, TalosVersion } from '../version.ts';
import { dialectOfVersion, formatTalosVersion } from '../version.ts';

/** Kinds of documents that Talos has since 1.12 and that 1.11 cannot read. */
const KINDS_SINCE_1_12 = new Set([
  'BondConfig',
  'BridgeConfig',
  'DHCPv4Config',
  'DHCPv6Config',
  'DummyLinkConfig',
  'HCloudVIPConfig',
  'HostnameConfig',
  'Layer2VIPConfig',
  'LinkAliasConfig',
  'LinkConfig',
  'ResolverConfig',
  'StaticHostConfig',
  'TimeSyncConfig',
  'VLANConfig',
  'WireguardConfig',
]);

/**
 * The dialect for patches of these files: a newer Talos reads the older form, but a file must not
 * get what its own form contradicts, or its version cannot read.
 * @param files that the patches are for; none: the version alone decides
 * @throws OperatorError where nothing decides, or the two contradict
 */
export function chooseDialect(
  files: readonly MachineConfig[],
  version: TalosVersion | undefined,
): Dialect {
  const byVersion = version && dialectOfVersion(version);
  const [first, ...others] = files.map((file) => dialectFor(file, version, byVersion));
  if (first === undefined) {
    if (byVersion !== undefined) return byVersion;
    const remedy = 'write talosVersion in the inventory, or give --talos-version or --for FILE';
    throw new OperatorError(`the version of Talos is not known: ${remedy}`, ExitCode.usage);
  }
  const other = others.findIndex((dialect) => dialect !== first);
  if (other < 0) return first;
  throw new OperatorError(
    `${files[other + 1]?.name} is of the dialect ${others[other]}, ${files[0]?.name} of ` +
      `${first}; render them apart`,
    ExitCode.usage,
  );
}

function dialectFor(
  file: MachineConfig,
  version: TalosVersion | undefined,
  byVersion: Dialect | undefined,
): Dialect {
  const { dialect } = file;
  if (version === undefined || byVersion === undefined) return dialect;
  const kinds = file.documents.map(({ kind }) => kind);
  const unknown = kinds.find(
    (kind) =>
      (byVersion === 'A' && KINDS_SINCE_1_12.has(kind)) ||
      (byVersion !== 'C' &&
        dialect === 'C' &&
        /^Kube\w+Config$/.test(kind) &&
        kind !== 'KubeSpanConfig'),
  );
  if (unknown !== undefined) {
    throw new OperatorError(
      `${file.name}: holds ${unknown}, which Talos ${formatTalosVersion(version)} cannot read; ` +
        'give the version that it is for',
      ExitCode.usage,
    );
  }
  // Kubernetes stays where the file has it; the network may come in documents from 1.12 on.
  if (dialect === 'C') return 'C';
  return byVersion === 'A' ? 'A' : 'B';
}

/** What a new endpoint does to a cluster whose configuration is not of dialect C. */
export function issuerWarnings(files: readonly MachineConfig[], url: string): readonly string[] {
  return files.flatMap((file) => {
    const before = file.text('cluster', 'controlPlane', 'endpoint');
    if (file.role !== 'controlplane' || before === undefined || before === url) return [];
    return [
      `${file.name}: the endpoint changes from ${before} to ${url}, and with it the issuer of ` +
        'service account tokens: those that are in use end when the API server restarts',
    ];
  });
}
