import type { Host } from '../host/host.ts';
import { SEEN_WITHIN_MS } from '../host/tables.ts';
import type { Invariant } from './violation.ts';

/** For rounding, of a machine's own milliseconds. */
const TOLERANCE_MS = 1;
/** An address behind a closed fence is gone so long after the right (design §1). */
const GONE_AFTER_MS = 2000;
/** From looking at the clock until the kernel has the lifetime; more is a pause (host/kernel.ts). */
const ON_THE_WAY_MS = 20;

/**
 * An address on the link is held while the right lasts; behind a fence it is shut by then, as late as was
 * promised, and gone soon after.
 * @returns what is wrong with an address that a host has on its link
 */
export function wrongWithAddress(
  { rights, kernel, machine, process }: Host,
  group: string,
  address: string,
): [Invariant, string] | undefined {
  const right = rights.of(group);
  const lateMs = right === undefined ? Infinity : machine.now() - right.until;
  const { tables } = kernel;
  if (!tables.isShut(address)) {
    const fenced = tables.managed.has(address);
    const latencyMs = fenced ? (right?.fenceLatencyMs ?? 0) * machine.rate : 0;
    if (lateMs <= latencyMs + TOLERANCE_MS) return undefined;
    return ['address-without-right', `has ${address} ${lateMs} ms after its right`];
  }
  if (lateMs <= GONE_AFTER_MS + ON_THE_WAY_MS) return undefined;
  const held = kernel.held.get(address);
  // The kernel counts no time in which its machine stands still.
  if (held?.standstills !== machine.standstills) return undefined;
  // Held up by a pause, and paused again before it could look at the clock.
  const unseenMs = (process?.stoppedAt ?? 0) - (held.lateAt ?? -Infinity);
  if (unseenMs >= 0 && unseenMs <= SEEN_WITHIN_MS) return undefined;
  return ['address-left-behind', `still has ${address} ${lateMs} ms after its right`];
}
