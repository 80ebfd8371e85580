import { addressSpans } from '../analysis.ts';
import {
  goneByDeadline,
  holderStayed,
  measureAtMost,
  measureIs,
  nothingLost,
  outageAtMost,
} from '../checks.ts';
import { tokenHeld } from '../keys.ts';
import { sabotage } from '../orders.ts';
import { heal, held, moved, passes, takeover, takeoverBound } from '../outcomes.ts';
import type { Check, RunFacts, Scenario, Stage } from '../scenario.ts';

/** Faults of the daemon's process: its loop, its wall clock, its restart. */

const HOUR_MS = 3_600_000;
/** Longer than a hold and its takeover: nothing that a fault leads to comes later. */
const SEEN_FOR_MS = 7_000;
/** How long after the SIGKILL the next process is started, by turns. */
const DOWN_FOR_MS = [0, 250, 500] as const;
const LOOK_EVERY_MS = 10;

export const block: Scenario = {
  name: 'block',
  summary: "the holder's event loop does nothing else for 5 s",
  runs: 3,
  bound: (bounds) => `off by the deadline, ${takeoverBound(bounds)}`,
  checks: [outageAtMost(takeover), goneByDeadline],
  needs: { saboteur: true },
  inject: ({ holder }) => sabotage(holder, { kind: 'block', ms: 5_000 }),
  // It wakes, and has had the time to do something wrong.
  outcome: passes(SEEN_FOR_MS),
  heal: () => Promise.resolve(),
};

export const wallClock: Scenario = {
  name: 'wall-clock',
  summary: "the wall clock of the holder's daemon jumps by an hour, forth or back",
  runs: 4,
  bound: 'nothing lost, no move',
  checks: [nothingLost, holderStayed],
  needs: { saboteur: true },
  inject: async ({ holder, run, notes }) => {
    const aheadMs = run % 2 === 0 ? HOUR_MS : -HOUR_MS;
    notes.push(`${aheadMs > 0 ? '+' : '-'}1 h`);
    await sabotage(holder, { kind: 'wall-clock', aheadMs });
  },
  outcome: passes(SEEN_FOR_MS),
  heal: async (stage) => {
    // The way back is a jump as well, and is watched like the first.
    await sabotage(stage.holder, { kind: 'wall-clock', aheadMs: 0 });
    await passes(SEEN_FOR_MS)(stage);
  },
};

/** From the SIGKILL to the new daemon's first word: on a machine that has too much to do, Node needs seconds. */
const STARTED_MS_MAX = 1_000;

/** It was in time, or early enough all the same. */
function inTime({ measures, analysis }: RunFacts): boolean {
  return (measures['startedMs'] ?? Infinity) <= STARTED_MS_MAX || analysis.lostProbes === 0;
}

/** The hold goes on, unless the new process came too late for it: then it may have been noticed. */
const resumedUnnoticed: Check = (runs) =>
  [nothingLost, holderStayed, measureIs('sameToken', 1)].flatMap((check) =>
    check(runs.filter(inTime)),
  );

const startedOnce: Check = (runs) =>
  runs.some(inTime) ? [] : ['no process started within 1 s: this machine cannot show it'];

export const restarted: Scenario = {
  name: 'restart',
  summary: 'SIGKILL to the holder, and a new process within 0.5 s',
  runs: 6,
  bound: 'nothing lost, same holder, same create revision, where Node starts within 1 s',
  checks: [resumedUnnoticed],
  checksTogether: [startedOnce],
  inject: async ({ lab, holder, run, signal, notes, measures }) => {
    const token = await tokenHeld(lab);
    const downMs = DOWN_FOR_MS[run % DOWN_FOR_MS.length]!;
    notes.push(`down for ${downMs} ms`, token ?? 'no record');
    await holder.killDaemon();
    measures['killedAt'] = lab.clock.wallMs();
    await lab.clock.sleep(downMs, signal);
    await holder.startDaemon();
  },
  outcome: async (stage) => {
    await passes(SEEN_FOR_MS)(stage);
    const before = stage.notes.at(-1);
    const { lab, holder, measures } = stage;
    measures['sameToken'] = (await tokenHeld(lab)) === before ? 1 : 0;
    const started = (await holder.daemonRecords()).findLast(({ msg }) => msg === 'started');
    measures['startedMs'] = Date.parse(String(started?.['time'])) - (measures['killedAt'] ?? 0);
    delete measures['killedAt'];
  },
  heal,
};

/** Resolves when the kernel has taken the VIPs from the old holder's links. */
async function kernelActed({ lab, holder, signal }: Stage): Promise<void> {
  while ((await holder.addresses()).some(({ address }) => lab.vips.includes(address))) {
    await lab.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** How often the VIP came back to a host after it had left. */
async function returns({ lab, holder }: Stage): Promise<number> {
  const recording = await lab.instruments.collect();
  const spans = lab.vips.map((vip) => addressSpans(recording, vip)[holder.index] ?? []);
  return Math.max(...spans.map(({ length }) => length)) - 1;
}

export const restartedLate: Scenario = {
  name: 'restart-late',
  summary: 'SIGKILL to the holder, and a new process after the kernel, or a candidate, has acted',
  runs: 3,
  bound: (bounds) => `not held without a new proof, ${takeoverBound(bounds)}`,
  checks: [goneByDeadline, outageAtMost(takeover), measureAtMost('unproven', 0, 'times')],
  inject: async (stage) => {
    await stage.holder.killDaemon();
  },
  outcome: async (stage) => {
    const { lab, holder, run, notes, measures } = stage;
    const variant = (['kernel', 'kernel, and no etcd in reach', 'candidate'] as const)[run % 3]!;
    notes.push(`after the ${variant}`);
    if (variant === 'candidate') await moved(stage);
    else await kernelActed(stage);
    if (variant === 'kernel, and no etcd in reach') await lab.faults.cutFromEtcd(holder.index);
    await holder.startDaemon();
    if (variant === 'kernel') await held(stage);
    else await moved(stage);
    await passes(2_000)(stage);
    // Its key may still lead while etcd is asked: then, and only then, it may come back by a beat.
    measures['unproven'] = variant === 'kernel' ? 0 : await returns(stage);
  },
  heal,
};
