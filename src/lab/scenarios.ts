import {
  goneByDeadline,
  holderStayed,
  measureAtMost,
  medianOutageAtMost,
  outageAtMost,
  unnoticed,
} from './checks.ts';
import { measureIdle, RSS_MIB_MAX, CPU_PERCENT_MAX } from './idle.ts';
import { frozen, LAST_ANSWER_MS_MAX } from './last-answer.ts';
import { memberFault, restartMembers } from './member-fault.ts';
import { crash, etcdOutage, etcdReturns } from './outage-faults.ts';
import {
  heal,
  moved,
  MOVES,
  passes,
  restart,
  same,
  seconds,
  signalled,
  takeover,
  takeoverBound,
} from './outcomes.ts';
import type { Scenario } from './scenario.ts';

/** etcd within reach: the loss of carrier is a planned move. */
const CABLE_MS_MAX = 500;

const handover: Scenario = {
  name: 'handover',
  summary: 'SIGTERM to the holder',
  runs: 10,
  bound: 'median <= 20 ms, none > 100 ms',
  checks: [outageAtMost(100), ...MOVES],
  checksTogether: [medianOutageAtMost(20)],
  inject: signalled('SIGTERM'),
  outcome: moved,
  heal: restart,
};

const kill: Scenario = {
  name: 'kill',
  summary: 'SIGKILL to the holder',
  runs: 5,
  bound: takeoverBound,
  checks: [outageAtMost(takeover), ...MOVES],
  inject: signalled('SIGKILL'),
  outcome: moved,
  heal: restart,
};

const freeze: Scenario = {
  ...kill,
  name: 'freeze',
  summary: 'SIGSTOP to the holder, SIGCONT when another holds',
  checks: [...kill.checks, measureAtMost('lastAnswerMs', LAST_ANSWER_MS_MAX)],
  inject: signalled('SIGSTOP'),
  outcome: frozen,
  heal: signalled('SIGCONT'),
};

const crashed: Scenario = {
  ...kill,
  name: 'crash',
  summary: 'the holder loses its cables and all its processes; etcd leads elsewhere',
  etcdLeader: 'other',
  inject: crash,
  heal: async (stage) => {
    await heal(stage);
    await restartMembers(stage, [stage.holder.index]);
    await restart(stage);
  },
};

const crashLeader: Scenario = {
  ...crashed,
  name: 'crash-leader',
  summary: 'the same, where etcd leads',
  // With a new etcd leader to be elected first, and the grace after it.
  bound: ({ takeoverWithElectionMs }) => `<= ${seconds(takeoverWithElectionMs)}`,
  checks: [outageAtMost(({ takeoverWithElectionMs }) => takeoverWithElectionMs), ...MOVES],
  etcdLeader: 'holder',
};

const cable: Scenario = {
  ...kill,
  name: 'cable',
  summary: 'the cable of end0 is pulled, which carries etcd too',
  etcdOver: 'end0',
  etcdLeader: 'other',
  inject: ({ lab, holder }) => lab.faults.pullCable(holder.index, 'end0'),
  heal,
};

const cableMgmt: Scenario = {
  ...cable,
  name: 'cable-mgmt',
  summary: 'the cable of end0 is pulled; etcd is reached over mgmt0',
  bound: '<= 0.5 s',
  checks: [outageAtMost(CABLE_MS_MAX), ...MOVES],
  etcdOver: 'mgmt0',
};

const silent: Scenario = {
  ...cable,
  name: 'silent',
  summary: 'end0 loses every frame in both directions, its carrier stays',
  inject: ({ lab, holder }) => lab.faults.silence(holder.index),
};

const etcdCut: Scenario = {
  ...kill,
  name: 'etcd-cut',
  summary: 'the holder reaches no etcd, its own member included; it stays on the LAN',
  inject: ({ lab, holder }) => lab.faults.cutFromEtcd(holder.index),
  heal,
};

const flush: Scenario = {
  name: 'flush',
  summary: 'somebody deletes the VIP from the holder',
  runs: 5,
  bound: '<= 20 ms',
  checks: [outageAtMost(20), holderStayed],
  inject: async ({ lab, holder }) => {
    for (const vip of lab.vips) await lab.network.deleteAddress(holder.index, vip);
  },
  outcome: same,
  heal,
};

const member: Scenario = {
  name: 'member',
  summary: 'one etcd member is killed or frozen, the leader and others in turn',
  runs: 8,
  bound: ({ memberMs }) =>
    `${memberMs === 0 ? 'nothing lost' : `<= ${seconds(memberMs)}`} where a writer is served <= 2.3 s`,
  checks: [unnoticed],
  writer: true,
  ...memberFault,
};

const etcdIsDown: Scenario = {
  name: 'etcd-outage',
  summary: 'all of etcd is down for 60 s',
  runs: 1,
  bound: 'off by the deadline, back <= 1 s after etcd',
  checks: [goneByDeadline, measureAtMost('backMs', 1_000)],
  inject: etcdOutage,
  outcome: passes(60_000),
  heal: etcdReturns,
};

const idle: Scenario = {
  name: 'idle',
  summary: 'nothing happens: memory and CPU of the daemons',
  runs: 1,
  bound: `RSS <= ${RSS_MIB_MAX} MiB, CPU < ${CPU_PERCENT_MAX} %, nothing lost`,
  checks: [
    outageAtMost(0),
    measureAtMost('rssMib', RSS_MIB_MAX, 'MiB'),
    measureAtMost('cpuPercent', CPU_PERCENT_MAX, '%'),
  ],
  inject: () => Promise.resolve(),
  outcome: measureIdle,
  heal,
};

/** All scenarios, in the order in which `all` runs them. */
export const SCENARIOS: readonly Scenario[] = [
  handover,
  kill,
  freeze,
  crashed,
  crashLeader,
  cable,
  silent,
  etcdCut,
  flush,
  member,
  etcdIsDown,
  idle,
  cableMgmt,
];
