import type { Host } from '../host/host.ts';
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
  { rights, kernel, machine }: Host,
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
  // The kernel counts no time in which its machine stands still.
  if (kernel.held.get(address)?.standstills !== machine.standstills) return undefined;
  return ['address-left-behind', `still has ${address} ${lateMs} ms after its right`];
}
