import type { Clock } from '../../clock.ts';
import { elapsedMs } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import { askApi, isServing } from './api.ts';

/**
 * How the owner is taken down: `reboot`, it gives the VIP up first; `force`, it does not, which counts
 * as a crash; `hand`, somebody pulls the plug.
 */
export const WAYS_DOWN = ['reboot', 'force', 'hand'] as const;
export type WayDown = (typeof WAYS_DOWN)[number];

/**
 * What Talos needs at most: given up it moves within 2 s; after a crash what is left of its lease of 60 s
 * runs out first, plus 1 to 4 s where the owner led etcd as well.
 */
export const BOUND_MS: Readonly<Record<WayDown, number>> = {
  reboot: 2000,
  force: 65_000,
  hand: 65_000,
};

const PROBE_WITHIN_MS = 1000;
/** Where no answer failed, the owners are asked so often. */
const OWNER_EVERY_MS = 3000;

export interface OutageOptions {
  readonly vip: string;
  readonly port: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly everyMs: number;
  readonly withinMs: number;
}

/**
 * Asks the API at the VIP again and again until it was away and is back, or another owner has it.
 * @param moved whether another has it by now
 * @returns milliseconds from the last good answer before to the first after; 0 where none failed
 * @throws OperatorError when it does not come back in time
 */
export async function measureOutage(
  moved: () => Promise<boolean>,
  { vip, port, clock, signal, everyMs, withinMs }: OutageOptions,
): Promise<number> {
  const begun = clock.now();
  let lastGood = begun;
  let lastAsked = begun;
  let outageMs = 0;
  let failed = false;
  for (;;) {
    const good = await serves(vip, port, signal);
    const now = clock.now();
    if (good) {
      // A gap without a failure is that of our own asking.
      if (failed) outageMs = Math.max(outageMs, elapsedMs(lastGood, now));
      failed = false;
      lastGood = now;
      // Asking takes time in which nobody looks at the API: not while it may be about to go.
      if (outageMs > 0 || elapsedMs(lastAsked, now) > OWNER_EVERY_MS) {
        if (await moved()) return Math.round(outageMs);
        lastAsked = clock.now();
      }
    } else failed = true;
    if (elapsedMs(begun, clock.now()) > withinMs) {
      const said = failed ? `${vip} does not answer` : `${vip} did not move to another node`;
      throw new OperatorError(`after ${withinMs / 1000} s: ${said}; vip-elector talos explain`);
    }
    await clock.sleep(everyMs, signal);
  }
}

async function serves(vip: string, port: number, signal: AbortSignal): Promise<boolean> {
  try {
    return isServing(await askApi(vip, port, { withinMs: PROBE_WITHIN_MS, signal }));
  } catch (error) {
    if (!(error instanceof OperatorError) || signal.aborted) throw error;
    return false;
  }
}

/** Least, middle and most of some measurements. */
export function spread(all: readonly number[]): { min: number; median: number; max: number } {
  const sorted = all.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { min: at(0), median: at(0.5), max: at(1) };
}
