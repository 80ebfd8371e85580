import { outageAtMost } from '../checks.ts';
import { held, passes } from '../outcomes.ts';
import type { Scenario } from '../scenario.ts';

/** Twenty processes of Node start on the two cores of a small machine: 10 s, and a takeover. */
const CROWD_MS_MAX = 20_000;

export const crowd: Scenario = {
  name: 'crowd',
  summary: '20 nodes with 100 VIPs are killed and started again, all at once',
  runs: 2,
  bound: 'one holder of each VIP, <= 20 s (20 starts on 2 cores)',
  checks: [outageAtMost(CROWD_MS_MAX)],
  // A hundred VIPs are probed more rarely: each probe is a broadcast to twenty hosts.
  needs: { nodes: 20, etcdMembers: 3, vips: 100, probeEveryMs: 50 },
  inject: async ({ lab }) => {
    await Promise.all(lab.hosts.map((host) => host.killDaemon()));
    await Promise.all(lab.hosts.map((host) => host.startDaemon()));
  },
  outcome: async (stage) => {
    await passes(8_000)(stage);
    await held(stage);
  },
  heal: () => Promise.resolve(),
};
