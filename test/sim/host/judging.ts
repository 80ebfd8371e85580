import type { VipGroup } from '../../../src/vip/types.ts';
import type { Host } from './host.ts';

/** The kernel sweeps so early (host/kernel.ts), and as much may be between two looks at the clock. */
const GONE_EARLY_MS = 25;

function groupOf({ options }: Host, address: string): VipGroup | undefined {
  return options.groups.find(({ vips }) => vips.some((vip) => vip.address === address));
}

/** No frame that claims a VIP without the right: noted, for the announcer takes what is thrown for the link's refusal. */
export function judgeFrame(host: Host, frame: Uint8Array): void {
  // The sender's address of an ARP packet (RFC 826), after the Ethernet header.
  const address = [...frame.subarray(28, 32)].join('.');
  const group = groupOf(host, address);
  if (group === undefined || !host.rights.holds(group.name)) {
    host.note('frame-without-right', `announces ${address}`);
    return;
  }
  // Without a fence nothing is said of one that a pause of its sender held up.
  if (!host.kernel.tables.managed.has(address)) return;
  host.onFrame(() => judgeLateFrame(host, group.name, address));
}

/** It leaves so late that the fence has to stop it, if its sender may hold nothing any more. */
function judgeLateFrame(host: Host, group: string, address: string): void {
  const { rights, kernel, machine, process } = host;
  // Nothing stops it when somebody has removed the tables meanwhile, or the machine has slept.
  const fenced = kernel.tables.managed.has(address) && !kernel.tables.isShut(address);
  if (!machine.powered || !fenced || host.excused) return;
  // A process stopped and its host suspended: somebody may have taken the address itself off meanwhile.
  if (kernel.tables.isAstray(address, machine.standstills, process?.stoppedAt ?? 0)) return;
  const latencyMs = (rights.of(group)?.fenceLatencyMs ?? 0) * machine.rate;
  if (!rights.holds(group, latencyMs)) host.note('frame-without-right', `lets ${address} out`);
}

/**
 * Behind a fence the kernel takes nothing off, nor shuts it, by itself while the right lasts.
 * @param what has become of the address
 * @param armedAt true time at which the timeout that has ended was set
 */
export function judgeExpiry(host: Host, what: string, address: string, armedAt: number): void {
  const { kernel, machine, daemon, process, runsSince } = host;
  if (!kernel.tables.managed.has(address) || process?.runs !== true) return;
  // It could not be set anew in time.
  if (armedAt < runsSince || kernel.trouble !== undefined) return;
  if (machine.scheduler.now <= Math.max(kernel.ignoresUntil, kernel.unansweredUntil)) return;
  const group = groupOf(host, address);
  const controller = group && daemon?.groups.get(group.name);
  const deadline = controller?.fence.deadline;
  // On its way off, it was to be shut before: the kernel did not heed.
  if (deadline === undefined || controller?.status.name === 'withdrawing') return;
  const earlyMs = deadline - machine.now();
  if (earlyMs > GONE_EARLY_MS) host.note('gone-early', `${address} is ${what} ${earlyMs} ms early`);
}
