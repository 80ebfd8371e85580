import { lookup } from 'node:dns/promises';
import type { Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { ConfigError } from './errors.ts';
import { formatCidr, isNetworkOrBroadcast } from './network/address.ts';
import type { NetworkMonitor } from './network/monitor.ts';

/** A resolver that does not answer must not keep the daemon from starting. */
const RESOLVE_WITHIN_MS = 2000;

async function addressesOf(host: string, clock: Clock): Promise<string[]> {
  const given = new AbortController();
  const tooLate = clock.sleep(RESOLVE_WITHIN_MS, given.signal).then(
    () => [],
    () => [],
  );
  const found = lookup(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [], // Not known now: the connection will say so.
  );
  const addresses = await Promise.race([found, tooLate]);
  given.abort(new Error('resolved'));
  return addresses;
}

/**
 * Refuses an etcd endpoint that is reached through a VIP we manage: the VIP would depend on etcd and
 * etcd on the VIP.
 * @throws ConfigError
 */
export async function refuseOwnVipAsEndpoint(
  { etcd, groups }: Pick<Config, 'etcd' | 'groups'>,
  clock: Clock,
): Promise<void> {
  const vips = new Set(groups.flatMap((group) => group.vips.map(({ address }) => address)));
  const found = await Promise.all(
    etcd.endpoints.map(async (endpoint) => {
      const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
      const own = (await addressesOf(host, clock)).find((address) => vips.has(address));
      return own === undefined ? undefined : { endpoint, own };
    }),
  );
  const problems = found.flatMap((each) =>
    each === undefined
      ? []
      : [
          {
            field: 'etcd.endpoints',
            value: each.endpoint,
            problem: `resolves to ${each.own}, a VIP of this daemon, which depends on etcd`,
            remedy: 'name the members by their own addresses',
          },
        ],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * Refuses a VIP that is the network or broadcast address of a subnet of this host: only the links
 * tell, so the configuration alone cannot.
 * @throws ConfigError
 */
export function refuseUnusableVips(
  { groups }: Pick<Config, 'groups'>,
  { links, addresses }: Pick<NetworkMonitor, 'links' | 'addresses'>,
): void {
  const problems = groups.flatMap(({ vips }) =>
    vips.flatMap((vip) => {
      const own = addresses.find((each) => !each.ours && isNetworkOrBroadcast(each, vip));
      if (own === undefined) return [];
      const link = links.find(({ index }) => index === own.linkIndex)?.name ?? 'a link';
      return [
        {
          field: 'vips',
          value: vip.address,
          problem: `is the network or broadcast address of ${formatCidr(own)} on ${link}`,
          remedy: 'choose a free host address of that subnet',
        },
      ];
    }),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}
