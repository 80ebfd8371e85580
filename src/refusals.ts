import { lookup } from 'node:dns/promises';
import type { Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { ConfigError } from './errors.ts';

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
  { etcd, groups }: Config,
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
