import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** Timers of a daemon that holds: its loops, its tick, its calls; measured at most 9 with one group. */
const MAX_TIMERS = 12;
/** And of each group: announcements, deadline, re-arming, asking for strangers, and those heard of lately. */
const MAX_TIMERS_PER_GROUP = 6;
/** Calls under way when all is well; measured at most 1. */
const MAX_IN_FLIGHT = 4;
/** And of each group that is probed: the next round, or its probe and the end of its time. */
const MAX_TIMERS_PER_PROBED = 3;

/** What a long life would pile up: looked at when a schedule is over and somebody holds. */
export function checkGrowth({ hosts, watches, scheduler }: World): void {
  const found: string[] = [];
  for (const { name, process, client, daemon, options } of hosts) {
    const timers = process?.pendingTimers ?? 0;
    const groups = daemon?.controllers.length ?? 0;
    const probed = options.groups.filter(({ health }) => health !== undefined).length;
    const most = MAX_TIMERS + groups * MAX_TIMERS_PER_GROUP + probed * MAX_TIMERS_PER_PROBED;
    if (timers > most) found.push(`${name} ${timers} timers`);
    const calls = client?.inFlight ?? 0;
    if (calls > MAX_IN_FLIGHT) found.push(`${name} ${calls} calls`);
  }
  if (watches.size > hosts.length) found.push(`${watches.size} watches of ${hosts.length} hosts`);
  if (found.length > 0) throw new Violation('growth', scheduler.now, found.join(', '));
}
