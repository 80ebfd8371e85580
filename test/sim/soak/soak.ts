import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 100);
const cpu0 = process.cpuUsage();
const startedAt = process.hrtime.bigint();
let virtual = 0;
let events = 0;
let failed = 0;
const kinds = new Map<string, number>();
let slowest = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const schedule = scheduleOf(seed);
  const outcome = await runSchedule(schedule);
  virtual += outcome.virtualMs;
  events += outcome.events;
  slowest = Math.max(slowest, outcome.settledAfterMs);
  if (outcome.violation !== undefined) {
    failed += 1;
    const k = outcome.violation.invariant;
    kinds.set(k, (kinds.get(k) ?? 0) + 1);
    if ((kinds.get(k) ?? 0) <= 6)
      process.stdout.write(
        `${seed}: ${outcome.violation.message.slice(0, 300)} [${[...new Set(schedule.faults.map((f) => f.kind))].join(',')}]\n`,
      );
  }
}
const ms = Number(process.hrtime.bigint() - startedAt) / 1e6;
process.stdout.write(
  `${count} schedules, ${failed} failed ${JSON.stringify([...kinds])}, ${(ms / count).toFixed(1)} ms each, cpu ${(process.cpuUsage(cpu0).user / 1000 / count).toFixed(1)}, ${(events / count).toFixed(0)} events each, ${(virtual / count / 1000).toFixed(0)} s virtual, slowest ${slowest}\n`,
);
