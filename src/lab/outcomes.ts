import type { Bounds } from './bounds.ts';
import { goneByDeadline, holderChanged } from './checks.ts';
import type { LabHost } from './host.ts';
import type { Stage } from './scenario.ts';
import { untilHolder } from './until.ts';

/** What scenarios have in common: bounds, what a fault leads to, and how it is undone. */

/** The longest takeover of any profile, and what etcd, a beat and a look of the successor add. */
export const TAKEOVER_MS_MAX = 5_300;
/** The same of the holder's profile, as a limit and in words. */
export const takeover = ({ takeoverMs }: Bounds): number => takeoverMs;
export const takeoverBound = (bounds: Bounds): string => `<= ${seconds(takeover(bounds))}`;

/** Milliseconds as the table's bounds show them. */
export function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
/** No outcome takes longer, or the bound was broken long ago. */
const OUTCOME_TIMEOUT_MS = 15_000;
/** The holder is settled on when it has answered for so long. */
const SETTLED_FOR_MS = 300;

/** Of every scenario in which another host must take over. */
export const MOVES = [holderChanged, goneByDeadline];

/** Another host holds. */
export async function moved({ lab, holder, signal }: Stage): Promise<void> {
  await untilHolder(lab, (host) => host !== holder, SETTLED_FOR_MS, OUTCOME_TIMEOUT_MS, signal);
}

/** The same host holds. */
export async function same({ lab, holder, signal }: Stage): Promise<void> {
  const isSame = (host: LabHost): boolean => host === holder;
  await untilHolder(lab, isSame, SETTLED_FOR_MS, OUTCOME_TIMEOUT_MS, signal);
}

/** Somebody holds, whoever. */
export async function held({ lab, signal }: Stage): Promise<void> {
  await untilHolder(lab, () => true, SETTLED_FOR_MS, OUTCOME_TIMEOUT_MS, signal);
}

/** So many milliseconds pass. */
export function passes(ms: number): (stage: Stage) => Promise<void> {
  return ({ lab, signal }) => lab.clock.sleep(ms, signal);
}

/** Starts the daemon again, when it has ended. */
export async function restart({ holder }: Stage): Promise<void> {
  await holder.ended();
  await holder.startDaemon();
}

/** Undoes the faults of the network. */
export async function heal({ lab }: Stage): Promise<void> {
  await lab.faults.heal();
}

/** Sends the holder's daemon a signal. */
export function signalled(signal: NodeJS.Signals): (stage: Stage) => Promise<void> {
  return ({ holder }) => {
    holder.signal(signal);
    return Promise.resolve();
  };
}
