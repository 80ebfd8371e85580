import { formatDuration } from '../config/duration.ts';
import { withoutFence } from '../config/profiles.ts';
import { HOLD_FOR_MIN_MS } from '../config/timing.ts';
import type { Timing } from '../config/types.ts';
import { describe } from '../errors.ts';
import type { FenceAbility } from '../fencing/nftables/rehearsal.ts';
import type { StatusReport } from '../observe/status.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/**
 * What the kernel can do of the millisecond fence. `inUse`: the daemon that runs here has it; `denied`: we
 * may not even ask.
 */
export type FenceSeen = (FenceAbility & { readonly inUse?: true }) | 'denied';

/**
 * What a daemon of this host tells of its fence: better than any try, and nothing that it would have to
 * wait for.
 * @returns undefined when it has none, which may be its configuration
 */
export function fenceInUse({ fence }: Pick<StatusReport, 'fence'>): FenceSeen | undefined {
  return fence.kind === 'nftables' ? { fence: true, egress: fence.egress, inUse: true } : undefined;
}

const NFTABLES_REMEDY =
  'load nf_tables on the host (modprobe nf_tables nft_fib_inet), or take a kernel with ' +
  'CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET, _ARP, _NETDEV and CONFIG_NFT_FIB_INET';

/** The fence, and which profile a daemon will therefore run (guard.ts). */
export function judgeFence(seen: FenceSeen, timing: Timing): Finding[] {
  if (seen === 'denied') {
    return [
      fail(
        'nftables',
        'what the kernel can do, and so which profile will run, cannot be looked at without ' +
          'CAP_NET_ADMIN',
        'run check as root, as the daemon is run',
      ),
    ];
  }
  return [...abilities(seen, timing), profile(seen, timing)];
}

function abilities(seen: Exclude<FenceSeen, 'denied'>, { profile }: Timing): Finding[] {
  const { fence, egress, refusal, inUse } = seen;
  if (!fence) {
    const detail = `the kernel cannot make the millisecond fence: ${describe(refusal)}`;
    return profile === 'seconds'
      ? [ok('nftables', `${detail}; profile seconds does without`)]
      : [warn('nftables', detail, NFTABLES_REMEDY)];
  }
  return [
    ok(
      'nftables',
      inUse
        ? 'the daemon that runs here has its millisecond fence'
        : 'the kernel takes the millisecond fence whole; nothing of it was kept',
    ),
    egress
      ? ok('egress hook', 'frames that the daemon itself sends too late are stopped')
      : warn(
          'egress hook',
          'a frame that the daemon itself sends too late (stopped in the microseconds between asking ' +
            'and sending) is not caught',
          'Linux 5.16 or later with CONFIG_NETFILTER_EGRESS',
        ),
  ];
}

function profile({ fence }: FenceAbility, wanted: Timing): Finding {
  if (fence || wanted.profile === 'seconds') {
    return ok('profile', `${wanted.profile} runs: ${terms(wanted)}`);
  }
  const instead = withoutFence(wanted, HOLD_FOR_MIN_MS);
  return warn(
    'profile',
    `${instead.profile} runs in place of ${wanted.profile}: ${terms(instead)}, where ` +
      `${wanted.profile} needs ${takeover(wanted)}`,
    'as for nftables, or choose --profile seconds, which is what runs',
  );
}

function terms(timing: Timing): string {
  const hold = formatDuration(timing.holdForMs);
  const least = timing.shortest === undefined ? '' : ', or less as heartbeats allow';
  return `a VIP is held for ${hold} after a heartbeat, taken over after ${takeover(timing)}${least}`;
}

function takeover({ takeoverAfterMs }: Timing): string {
  return `${(takeoverAfterMs / 1000).toFixed(1)} s`;
}
