/** Looks at this host for the checks: all that they need of it, and nothing is changed. */
import { accessSync, constants, statfsSync, statSync, type Stats } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config, EtcdConfig } from '../config/types.ts';
import { inspect, type InspectionParts } from '../election/etcd/inspection.ts';
import { StoreError } from '../election/store.ts';
import { describe } from '../errors.ts';
import { rehearse } from '../fencing/nftables/rehearsal.ts';
import { NetworkError } from '../network/network-error.ts';
import { Nfnetlink } from '../network/nfnetlink.ts';
import { openNetwork } from '../network/rtnetlink.ts';
import { StateFile } from '../runtime/state-file.ts';
import type { EndpointSeen } from './etcd.ts';
import type { FenceSeen } from './fence.ts';
import type { NetworkSeen } from './group.ts';
import type { KernelSeen } from './kernel.ts';
import type { DirectorySeen } from './runtime-directory.ts';

/** Links and addresses, marked as the daemon marks them. @throws NetworkError */
export async function seeNetwork(config: Config): Promise<KernelSeen & NetworkSeen> {
  const network = await openNetwork();
  try {
    const { marksAddresses } = network;
    const links = await network.links();
    const addresses = await network.addresses();
    const seen = { release: release(), marksAddresses, links };
    if (marksAddresses) return { ...seen, addresses };
    // Read only: it is written at the first change.
    const { runtimeDir, node, prefix } = config;
    const recorded = new StateFile(runtimeDir, { node, prefix }, systemClock).addresses;
    const nameOf = new Map(links.map(({ index, name }) => [index, name]));
    const isOurs = (linkIndex: number, address: string): boolean =>
      recorded.some((each) => each.link === nameOf.get(linkIndex) && each.address === address);
    return {
      ...seen,
      addresses: addresses.map((each) => ({ ...each, ours: isOurs(each.linkIndex, each.address) })),
    };
  } finally {
    network.close();
  }
}

/** What the kernel can do of the millisecond fence. @throws NetworkError */
export function seeFence(): FenceSeen {
  let nftables: Nfnetlink | undefined;
  try {
    nftables = new Nfnetlink();
    return rehearse(nftables);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    if (error.code === 'EPERM') return 'denied';
    // Without netfilter there is no socket to ask by.
    if (error.code === 'ENOTSUP') return { fence: false, egress: false, refusal: error };
    throw error;
  } finally {
    nftables?.close();
  }
}

/** linux/magic.h TMPFS_MAGIC, RAMFS_MAGIC */
const VOLATILE = [0x01021994, 0x858458f6];

/** The runtime directory, whether or not it exists. @throws SystemError */
export function seeDirectory(path: string): DirectorySeen {
  const found = statOf(path);
  let nearest = path;
  let at = found;
  while (at === undefined && nearest !== '/') {
    nearest = dirname(nearest);
    at = statOf(nearest);
  }
  const denied = at?.isDirectory() === true ? accessDenied(nearest) : `${nearest} is no directory`;
  return {
    path,
    nearest,
    ...(found && { found: { isDirectory: found.isDirectory(), mode: found.mode } }),
    ...(denied !== undefined && { denied }),
    volatile: VOLATILE.includes(statfsSync(nearest).type),
  };
}

/** Undefined where there is nothing of that name. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function accessDenied(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return describe(error);
  }
}

/** Asks every endpoint of the configuration, all at once. @throws the signal's reason */
export function seeEndpoints(
  { endpoints }: EtcdConfig,
  parts: InspectionParts,
): Promise<EndpointSeen[]> {
  return Promise.all(
    endpoints.map(async (url) => {
      try {
        return { url, answer: await inspect(url, parts) };
      } catch (error) {
        parts.signal.throwIfAborted();
        if (!(error instanceof StoreError)) throw error;
        return { url, answer: error };
      }
    }),
  );
}
