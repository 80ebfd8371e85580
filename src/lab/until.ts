import type { LabHost } from './host.ts';
import type { Lab } from './lab.ts';

const LOOK_EVERY_MS = 20;

/**
 * Waits until a host that `wanted` accepts has answered for the VIPs for a while.
 * @returns false when that has not happened in time
 * @throws the signal's reason; Error when an instrument broke
 */
export async function untilHolder(
  lab: Lab,
  wanted: (host: LabHost) => boolean,
  forMs: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const giveUpAt = lab.clock.now() + timeoutMs;
  while (lab.clock.now() < giveUpAt) {
    lab.instruments.throwIfFailed();
    const holder = lab.holder();
    if (holder !== undefined && wanted(holder) && lab.holderForMs() >= forMs) return true;
    await lab.clock.sleep(LOOK_EVERY_MS, signal);
  }
  return false;
}
