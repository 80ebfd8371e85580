import type { Stage } from './scenario.ts';

/** The daemon is to be small enough for a Raspberry Pi beside etcd and Kubernetes. */
export const RSS_MIB_MAX = 100;
export const CPU_PERCENT_MAX = 2;
const IDLE_FOR_MS = 20_000;

/**
 * Measures `rssMib` and `cpuPercent` (of one core): those of the daemon that uses most. With etcd also
 * `etcdRequestsPerSecond` and `etcdWritesPerSecond`, of all daemons together.
 */
export async function measureIdle({ lab, signal, measures, notes }: Stage): Promise<void> {
  const countedBefore = lab.etcd.length > 0 ? await lab.observer.counters() : undefined;
  const before = await Promise.all(lab.hosts.map((host) => host.usage()));
  const from = lab.clock.now();
  await lab.clock.sleep(IDLE_FOR_MS, signal);
  const spanMs = lab.clock.now() - from;
  const after = await Promise.all(lab.hosts.map((host) => host.usage()));
  const used = lab.hosts.flatMap(({ name }, index) => {
    const [then, now] = [before[index], after[index]];
    if (then === undefined || now === undefined) return [];
    const cpuPercent = ((now.cpuMs - then.cpuMs) / spanMs) * 100;
    notes.push(`${name} ${now.rssMib.toFixed(0)} MiB ${cpuPercent.toFixed(2)} %`);
    return [{ rssMib: now.rssMib, cpuPercent }];
  });
  if (countedBefore !== undefined) {
    const counted = await lab.observer.counters();
    const seconds = (lab.clock.now() - from) / 1000;
    const { requests, writes } = countedBefore;
    measures['etcdRequestsPerSecond'] = (counted.requests - requests) / seconds;
    measures['etcdWritesPerSecond'] = (counted.writes - writes) / seconds;
  }
  measures['rssMib'] = Math.max(...used.map(({ rssMib }) => rssMib));
  measures['cpuPercent'] = Math.max(...used.map(({ cpuPercent }) => cpuPercent));
}
