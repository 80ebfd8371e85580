import type { Clock } from '../clock.ts';
import type { Config, GroupConfig } from '../config/types.ts';
import type { StatusReport } from '../observe/status.ts';
import { hasIPv6 } from '../lan.ts';
import { refuseUnusableVips } from '../refusals.ts';
import { isDaemonLockTaken } from '../runtime/namespace-lock.ts';
import { neededCapabilities } from '../runtime/privileges.ts';
import { judgeCapabilities } from './capabilities.ts';
import { judgeDaemon, type DaemonSeen } from './daemon.ts';
import { holderOf, seeElections, type ElectionsSeen } from './elections.ts';
import { etcdChecks } from './etcd-checks.ts';
import { fenceInUse, judgeFence } from './fence.ts';
import { warn } from './finding.ts';
import { judgeGroup, type NetworkSeen } from './group.ts';
import { judgeKernel, type KernelSeen } from './kernel.ts';
import { judgeHost, seeHost } from './host.ts';
import { seeDirectory, seeFence, seeNetwork } from './look.ts';
import type { Check } from './runner.ts';
import { judgeRawSocket } from './raw-socket.ts';
import { judgeDirectory } from './runtime-directory.ts';
import { askForVips, judgeVipFree } from './vip-free.ts';

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
  const { groups, runtimeDir, stateDir, timing } = config;
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
  let read: Promise<ElectionsSeen | undefined> | undefined;
  const elections = (signal: AbortSignal): Promise<ElectionsSeen | undefined> =>
    (read ??=
      config.etcd.endpoints.length === 0
        ? Promise.resolve(undefined)
        : seeElections(config, { clock, signal }));
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
    ...groups.map((group) => vipCheck(group, { clock, network, elections })),
    ...etcdChecks(config, { clock, elections }),
    here('runtime directory', async () => judgeDirectory(seeDirectory(runtimeDir))),
    here('host', async () => {
      const vips = groups.flatMap((group) => group.vips.map(({ address }) => address));
      const places = [runtimeDir, stateDir].map((path) => seeDirectory(path).nearest);
      return judgeHost(seeHost(vips, [...new Set(places)]));
    }),
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
interface VipCheckParts {
  readonly clock: Clock;
  readonly network: () => Promise<NetworkSeen>;
  readonly elections: (signal: AbortSignal) => Promise<ElectionsSeen | undefined>;
}

/** Whether the VIPs of a group are free on the LAN, or with one of ours. */
function vipCheck(group: GroupConfig, { clock, network, elections }: VipCheckParts): Check {
  return {
    name: `VIPs of ${group.name}`,
    withinMs: HERE_WITHIN_MS,
    look: async (signal) => {
      // Without it the capability's own line says so.
      if (neededCapabilities().some(({ name, present }) => name === 'CAP_NET_RAW' && !present)) {
        return [];
      }
      const found = await askForVips(group, await network(), { clock, signal });
      const answered = [...found.values()].some((mac) => mac !== undefined);
      const seen = answered ? await elections(signal) : undefined;
      const holder = holderOf(seen, group.name);
      return [...found].map(([vip, mac]) => judgeVipFree({ group: group.name, vip, mac, holder }));
    },
  };
}

function judgeUsableGroup(group: GroupConfig, seen: NetworkSeen): ReturnType<typeof judgeGroup> {
  // A daemon would not start.
  refuseUnusableVips({ groups: [group] }, seen);
  return judgeGroup(group, seen);
}
