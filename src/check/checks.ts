import type { Clock } from '../clock.ts';
import type { Config, GroupConfig } from '../config/types.ts';
import { INSPECTED_WITHIN_MS } from '../election/etcd/inspection.ts';
import { readAccess } from '../election/etcd/open.ts';
import type { StatusReport } from '../observe/status.ts';
import { hasIPv6 } from '../lan.ts';
import { refuseOwnVipAsEndpoint, refuseUnusableVips } from '../refusals.ts';
import { isDaemonLockTaken } from '../runtime/namespace-lock.ts';
import { neededCapabilities } from '../runtime/privileges.ts';
import { judgeCapabilities } from './capabilities.ts';
import { judgeDaemon, type DaemonSeen } from './daemon.ts';
import { judgeCluster, judgeEndpoint } from './etcd.ts';
import { fenceInUse, judgeFence } from './fence.ts';
import { warn } from './finding.ts';
import { judgeGroup, type NetworkSeen } from './group.ts';
import { judgeKernel, type KernelSeen } from './kernel.ts';
import { seeDirectory, seeEndpoints, seeFence, seeNetwork } from './look.ts';
import type { Check } from './runner.ts';
import { judgeRawSocket } from './raw-socket.ts';
import { judgeDirectory } from './runtime-directory.ts';

/** Looking at this host takes milliseconds; names are resolved, and a daemon is asked, within 2 s. */
const HERE_WITHIN_MS = 5000;

/** What the checks need beside the configuration. */
export interface CheckParts {
  readonly clock: Clock;
  /** Asks the daemon of this host; undefined where none answers. */
  readonly status: () => Promise<StatusReport | undefined>;
}

/**
 * Everything that must be true for a daemon of this configuration, in the order in which it is shown.
 * What the configuration does not have, no groups or no etcd, is not looked at, and said so.
 */
export function checksOf(config: Config, { clock, status }: CheckParts): Check[] {
  const { groups, runtimeDir, timing } = config;
  let shared: Promise<KernelSeen & NetworkSeen> | undefined;
  // One listing for all: a kernel that does not list fails each of them.
  const network = (): Promise<KernelSeen & NetworkSeen> => (shared ??= seeNetwork(config));
  let told: Promise<DaemonSeen> | undefined;
  const askDaemon = async (): Promise<DaemonSeen> => ({
    runtimeDir,
    locked: isDaemonLockTaken(),
    status: await status(),
  });
  const daemon = (): Promise<DaemonSeen> => (told ??= askDaemon());
  return [
    here('capabilities', async () => judgeCapabilities(neededCapabilities())),
    here('kernel', async () => judgeKernel(await network())),
    here('nftables', async () => {
      const { locked, status } = await daemon();
      const known = locked && status !== undefined ? fenceInUse(status) : undefined;
      return judgeFence(known ?? seeFence(), timing);
    }),
    ...(hasIPv6(groups) ? [here('raw-socket', async () => [judgeRawSocket()])] : []),
    ...groups.map((group) =>
      here(`group ${group.name}`, async () => judgeUsableGroup(group, await network())),
    ),
    ...(groups.length > 0 ? [] : [here('groups', async () => [NO_GROUPS])]),
    ...etcdChecks(config, clock),
    here('runtime directory', async () => judgeDirectory(seeDirectory(runtimeDir))),
    here('daemon', async () => [judgeDaemon(await daemon())]),
  ];
}

/** A check of this host. */
function here(name: string, look: Check['look']): Check {
  return { name, withinMs: HERE_WITHIN_MS, look };
}

const NO_GROUPS = warn(
  'groups',
  'none is configured: no link was looked at',
  'name the configuration of the daemon (--config), or --vip and --link',
);
const NO_ETCD = warn(
  'etcd',
  'no endpoint is configured: none was asked',
  'name the configuration of the daemon (--config), or --etcd',
);

function judgeUsableGroup(group: GroupConfig, seen: NetworkSeen): ReturnType<typeof judgeGroup> {
  // A daemon would not start.
  refuseUnusableVips({ groups: [group] }, seen);
  return judgeGroup(group, seen);
}

function etcdChecks(config: Config, clock: Clock): Check[] {
  const { etcd, prefix, timing } = config;
  const name = 'etcd';
  if (etcd.endpoints.length === 0) {
    return [here(name, async () => [NO_ETCD])];
  }
  const needs = { prefix, requestDeadlineMs: timing.requestDeadlineMs };
  return [
    here(name, async () => {
      await refuseOwnVipAsEndpoint(config, clock);
      return [];
    }),
    {
      name,
      withinMs: INSPECTED_WITHIN_MS + HERE_WITHIN_MS,
      look: async (signal) => {
        const seen = await seeEndpoints(etcd, {
          ...(await readAccess(etcd)),
          clock,
          prefix,
          signal,
        });
        return [...seen.map((each) => judgeEndpoint(each, needs)), ...judgeCluster(seen)];
      },
    },
  ];
}
