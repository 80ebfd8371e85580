import { isIP, isIPv6 } from 'node:net';
import { stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';

/** How a record is written. */
export interface DnsOptions {
  /** Seconds, or an expression of Terraform. */
  readonly ttl: string;
  /** Identifier of the zone, or an expression of Terraform. */
  readonly zoneId: string;
}

interface RecordSet {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly values: readonly string[];
}

/** `local.zone_id`, `var.zones["x"]`, `data.aws_route53_zone.this.zone_id`. */
const EXPRESSION = /^[a-z_]\w*(?:\.[a-z_][\w-]*|\[(?:\d+|"[\w.-]+")\])+$/i;
const AFTER = 'Apply it when the VIP answers, not before: "vip-elector talos owner" shows it.';

/**
 * The records of the cluster's name: what its mode gives, one of each family, or an alias.
 * @throws OperatorError where there is no name, or nothing that it could point to
 */
export function recordsOf(inventory: Inventory): readonly RecordSet[] {
  const { dnsName, endpoint, vips } = inventory;
  if (dnsName === undefined) {
    const remedy = 'write dnsName in the inventory';
    throw new OperatorError(`the cluster has no name for a record; ${remedy}`, ExitCode.usage);
  }
  const hosts = {
    talosvip: vips,
    networkconfiguration: endpoint.loadBalancerIps,
    none: machinesOf(inventory, 'controlplane')
      .slice(0, 1)
      .map(({ address }) => address),
    custom: endpoint.custom.map(({ host }) => host),
  }[endpoint.mode].filter((host) => host !== dnsName);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  const [alias] = hosts;
  if (addresses.length === 0 && alias !== undefined) {
    return [{ name: dnsName, type: 'CNAME', values: [`${alias}.`] }];
  }
  const sets: RecordSet[] = [
    { name: dnsName, type: 'A', values: addresses.filter((each) => !isIPv6(each)) },
    { name: dnsName, type: 'AAAA', values: addresses.filter((each) => isIPv6(each)) },
  ];
  const filled = sets.filter(({ values }) => values.length > 0);
  if (filled.length > 0) return filled;
  throw new OperatorError(
    `the mode ${endpoint.mode} gives no address for ${dnsName}; see "talos endpoint"`,
    ExitCode.usage,
  );
}

/** Terraform for Route 53. */
export function route53(records: readonly RecordSet[], { ttl, zoneId }: DnsOptions): string {
  const zone = EXPRESSION.test(zoneId) ? zoneId : quoted('--zone-id', zoneId, /^Z[A-Z0-9]{1,31}$/);
  const time = EXPRESSION.test(ttl) ? ttl : String(seconds(ttl));
  const blocks = records.map(({ name, type, values }) => {
    const label = `${name}_${type}`.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
    return [
      `resource "aws_route53_record" "${label}" {`,
      `  zone_id = ${zone}`,
      `  name    = "${name}"`,
      `  type    = "${type}"`,
      `  ttl     = ${time}`,
      `  records = [${values.map((value) => `"${value}"`).join(', ')}]`,
      '}\n',
    ].join('\n');
  });
  return `# ${AFTER}\n${blocks.join('\n')}`;
}

/** Lines of a zone file. */
export function zoneLines(records: readonly RecordSet[], { ttl }: DnsOptions): string {
  const lines = records.flatMap(({ name, type, values }) =>
    values.map((value) => `${name}. ${seconds(ttl)} IN ${type} ${value}\n`),
  );
  return `; ${AFTER}\n${lines.join('')}`;
}

/** A DNSEndpoint for external-dns. */
export function externalDns(records: readonly RecordSet[], { ttl }: DnsOptions): string {
  const tree = {
    apiVersion: 'externaldns.k8s.io/v1alpha1',
    kind: 'DNSEndpoint',
    metadata: { name: (records[0]?.name ?? '').replaceAll('.', '-') },
    spec: {
      endpoints: records.map(({ name, type, values }) => ({
        dnsName: name,
        recordTTL: seconds(ttl),
        recordType: type,
        targets: values,
      })),
    },
  };
  return `# ${AFTER}\n${stringify(tree)}`;
}

function seconds(ttl: string): number {
  return Number(quoted('--ttl', ttl, /^[1-9]\d{0,5}$/).slice(1, -1));
}

function quoted(flag: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return `"${value}"`;
  const remedy =
    flag === '--ttl'
      ? 'write seconds; for Terraform also an expression such as local.default_ttl'
      : 'write one like Z0123456789ABC, or an expression such as local.zone_id';
  throw new OperatorError(`${flag} = ${JSON.stringify(value)}: is none; ${remedy}`, ExitCode.usage);
}
