import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { crowd } from './scenarios/crowd.ts';
import { compaction, etcdRestart, noSpace, restore } from './scenarios/etcd.ts';
import {
  allDeleted,
  heartbeatDeleted,
  heartbeatOverwritten,
  keyDeleted,
  keyOverwritten,
  leaseRevoked,
  recordDeleted,
  strangers,
} from './scenarios/keys.ts';
import { clientCut, flap, macChange, repliesLost } from './scenarios/links.ts';
import { block, restarted, restartedLate, wallClock } from './scenarios/process.ts';

/** One of the forty faults (docs/faults.md), and what shows that it does no harm. */
export interface MatrixRow {
  readonly number: number;
  readonly fault: string;
  /** Names of scenarios of the lab. */
  readonly scenarios?: readonly string[];
  /** Files of tests, from the root of the repository. */
  readonly tests?: readonly string[];
  /** What is left to do by hand, or is not there yet, and why. How: docs/faults.md. */
  readonly hand?: string;
}

const DEMO = SCENARIOS.filter(({ name }) => name !== 'idle' && name !== 'cable-mgmt');

/** Every scenario of the matrix; those that share a lab stand together. */
export const MATRIX_SCENARIOS: readonly Scenario[] = [
  ...DEMO,
  restarted,
  restartedLate,
  flap,
  repliesLost,
  macChange,
  leaseRevoked,
  keyDeleted,
  keyOverwritten,
  heartbeatOverwritten,
  recordDeleted,
  heartbeatDeleted,
  strangers,
  allDeleted,
  etcdRestart,
  noSpace,
  compaction,
  restore,
  block,
  wallClock,
  clientCut,
  ...SCENARIOS.filter(({ name }) => name === 'cable-mgmt'),
  crowd,
];

/** What depends on the server's version: run with each. */
const CORE_NAMES = new Set([
  'handover',
  'kill',
  'freeze',
  'crash-leader',
  'etcd-cut',
  'member',
  'restart',
  'lease-revoked',
  'key-deleted',
  'etcd-restart',
  'nospace',
  'compaction',
]);
export const CORE: readonly Scenario[] = MATRIX_SCENARIOS.filter(({ name }) =>
  CORE_NAMES.has(name),
);

const NETNS = 'test/netns';

/** The forty, in the order of the list that they come from. */
export const MATRIX: readonly MatrixRow[] = [
  { number: 1, fault: 'kill -9 of the daemon', scenarios: ['kill', 'restart', 'restart-late'] },
  { number: 2, fault: 'kill -9 of daemon and guardian', scenarios: ['kill'] },
  { number: 3, fault: 'SIGSTOP of the daemon', scenarios: ['freeze'] },
  { number: 4, fault: 'event loop busy for 5 s', scenarios: ['block'] },
  { number: 5, fault: 'SIGTERM as holder', scenarios: ['handover'], tests: [`${NETNS}/stop.ts`] },
  { number: 6, fault: 'SIGTERM at other times', tests: [`${NETNS}/stop.ts`] },
  { number: 7, fault: 'bad reload', hand: 'this release does not reload its configuration' },
  { number: 8, fault: 'power cut of the holder', scenarios: ['crash', 'silent'] },
  { number: 9, fault: 'power cut, etcd leads there', scenarios: ['crash-leader'] },
  { number: 10, fault: 'carrier down', scenarios: ['cable', 'cable-mgmt'] },
  { number: 11, fault: 'carrier flaps', scenarios: ['flap'] },
  { number: 12, fault: 'link without carrier at start', tests: [`${NETNS}/links.ts`] },
  { number: 13, fault: 'cut from etcd only', scenarios: ['etcd-cut'] },
  { number: 14, fault: "etcd's replies lost", scenarios: ['replies-lost'] },
  { number: 15, fault: 'cut from the clients only', scenarios: ['client-cut'] },
  { number: 16, fault: 'one etcd member dies or hangs', scenarios: ['member'] },
  { number: 17, fault: 'etcd leader dies or hangs', scenarios: ['member'] },
  { number: 18, fault: 'etcd quorum lost for 60 s', scenarios: ['etcd-outage'] },
  { number: 19, fault: 'all of etcd restarted', scenarios: ['etcd-restart'] },
  { number: 20, fault: 'slow disk under etcd', hand: 'needs dm-delay or strace' },
  { number: 21, fault: 'etcd full (NOSPACE)', scenarios: ['nospace'] },
  {
    number: 22,
    fault: 'wall clock jumps',
    scenarios: ['wall-clock'],
    hand: "the machine's own clock, etcd's with it",
  },
  { number: 23, fault: 'clock slewed at the most', tests: ['test/sim/soak.ts'], hand: 'chrony' },
  { number: 24, fault: 'suspend, VM pause', hand: 'needs a virtual machine' },
  { number: 25, fault: 'VIP deleted', scenarios: ['flush'] },
  {
    number: 26,
    fault: 'VIP there at start',
    tests: [`${NETNS}/leftovers.ts`, `${NETNS}/links.ts`],
  },
  {
    number: 27,
    fault: 'a stranger answers for the VIP',
    tests: [`${NETNS}/conflicts.ts`, 'test/full/conflicts.ts', 'test/sim/replay.ts'],
    hand: 'strangers by IPv6',
  },
  {
    number: 28,
    fault: 'link renamed, deleted, recreated',
    tests: [`${NETNS}/links.ts`, 'test/network/monitor/', 'test/vip/link-fault.ts'],
    hand: 'a bond whose member changes',
  },
  { number: 29, fault: 'MAC changes', scenarios: ['mac-change'], hand: 'MTU, VLAN' },
  { number: 30, fault: 'IPv6 duplicate address', hand: 'IPv6 is not there' },
  {
    number: 31,
    fault: 'lease revoked',
    scenarios: ['lease-revoked'],
    tests: ['test/election/elector/losses.ts'],
  },
  {
    number: 32,
    fault: 'keys deleted or overwritten',
    scenarios: [
      'key-deleted',
      'key-overwritten',
      'heartbeat-overwritten',
      'record-deleted',
      'heartbeat-deleted',
      'all-deleted',
      'other-keys',
    ],
  },
  {
    number: 33,
    fault: 'token ends, wrong login',
    tests: [`${NETNS}/login.ts`],
    hand: 'a role that is narrowed while we hold',
  },
  {
    number: 34,
    fault: 'certificates wrong or expired',
    tests: [`${NETNS}/certificates.ts`],
    hand: 'certificates that change on disk: they are read at the start',
  },
  { number: 35, fault: 'compaction under a stuck watch', scenarios: ['compaction'] },
  {
    number: 36,
    fault: 'etcd restored from a snapshot',
    scenarios: ['restore'],
    hand: 'kept down for less than 10 s: a documented limit',
  },
  { number: 37, fault: 'all nodes restart, 20 with 100 VIPs', scenarios: ['crowd'] },
  {
    number: 38,
    fault: 'mixed versions, one name twice',
    tests: [
      `${NETNS}/same-name.ts`,
      `${NETNS}/start-refused.ts`,
      'test/config/timing.ts',
      'test/full/upgrade/rolling.ts',
    ],
    hand: 'two releases: the mixed builds are of two commits',
  },
  {
    number: 39,
    fault: 'port taken, log or disk gone, OOM',
    scenarios: ['kill'],
    tests: [`${NETNS}/links.ts`, 'test/observe/pipe-sink.ts', 'test/runtime/state-file.ts'],
    hand: 'TasksMax and file descriptors',
  },
  {
    number: 40,
    fault: 'capability missing, netlink hangs',
    tests: [`${NETNS}/start-refused.ts`, 'test/network/rtnetlink/'],
    hand: 'other kernels',
  },
];
