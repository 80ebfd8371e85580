import { pino } from 'pino';
import t from 'tap';
import type { ElectorEvent, GroupState, Reason } from '../../src/events.ts';
import { eventLog } from '../../src/observe/event-log.ts';

interface LoggedLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Logs the events and gives the lines. */
function logged(events: readonly ElectorEvent[]): LoggedLine[] {
  const lines: LoggedLine[] = [];
  const logger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void lines.push(JSON.parse(line) as LoggedLine) },
  );
  const emit = eventLog(logger);
  for (const event of events) emit(event);
  return lines;
}

const vip = { vip: '10.0.0.5', link: 'end0' } as const;
const of = { group: 'web', ...vip } as const;
const EVERY_EVENT: readonly (readonly [level: string, event: ElectorEvent])[] = [
  ['info', { type: 'started', version: '1', node: 'n1' }],
  ['info', { type: 'stopping', signal: 'SIGTERM' }],
  ['info', { type: 'stopped', durationMs: 3 }],
  ['warn', { type: 'listen-failed', listen: ':1', err: new Error('taken') }],
  ['info', { type: 'listening', listen: ':1' }],
  ['warn', { type: 'loop-lag', lagMs: 250 }],
  ['debug', { type: 'loop-lag', lagMs: 20 }],
  ['info', { type: 'leader-changed', group: 'web', leader: 'n2', revision: 7, foreign: false }],
  ['info', { type: 'takeover', group: 'web', durationMs: 3 }],
  ['warn', { type: 'leaseless-candidate', group: 'web', key: '/k' }],
  ['info', { type: 'lease-granted', leaseId: 'ab' }],
  ['warn', { type: 'lease-gone', leaseId: 'ab' }],
  ['debug', { type: 'beat', durationMs: 3, holdForMs: 4000 }],
  ['warn', { type: 'beat-failed', code: 'UNKNOWN', err: 'x' }],
  ['error', { type: 'name-conflict', node: 'n1', err: 'x' }],
  ['info', { type: 'name-conflict-over', node: 'n1' }],
  ['error', { type: 'etcd-regressed', err: 'x', waitMs: 3 }],
  ['info', { type: 'endpoint', endpoint: 'e', reachable: true }],
  ['warn', { type: 'endpoint', endpoint: 'e', reachable: false, err: 'x' }],
  ['info', { type: 'etcd-connected', connected: true }],
  ['warn', { type: 'etcd-connected', connected: false, err: 'x' }],
  ['warn', { type: 'etcd-error', code: 'UNKNOWN', call: 'txn', endpoint: 'e', err: 'x' }],
  ['info', { type: 'etcd-version', endpoint: 'e', version: '3.6.9', defects: [] }],
  ['warn', { type: 'etcd-version', endpoint: 'e', version: '3.4.23', defects: ['x'] }],
  ['info', { type: 'vip-held', ...of, held: true }],
  ['error', { type: 'withdraw-failed', ...of, err: 'x' }],
  ['warn', { type: 'leftover-withdrawn', ...vip }],
  ['warn', { type: 'drift-repaired', ...of, durationMs: 3 }],
  ['warn', { type: 'hint', about: 'removed', hint: 'x' }],
  ['warn', { type: 'hint', about: 'foreign', hint: 'x' }],
  ['debug', { type: 'announced', ...vip, kind: 'na' }],
  ['warn', { type: 'announce-failed', ...vip, err: 'x' }],
  ['warn', { type: 'network-overrun', err: 'x' }],
  ['debug', { type: 'call', seam: 'etcd', call: 'txn', number: 1, phase: 'sent', about: [] }],
  ['debug', { type: 'watched', keys: ['/k'] }],
];

await t.test(
  'each event is one line of its level with a constant lower-case message',
  async (t) => {
    for (const [level, event] of EVERY_EVENT) {
      const lines = logged([event]);
      t.equal(lines.length, 1, event.type);
      t.equal(lines[0]?.level, level, event.type);
      t.match(lines[0]?.msg, /^[a-z][a-z ,-]*$/, event.type);
      t.notOk('type' in (lines[0] ?? {}), 'the message says it');
    }
  },
);

await t.test('variables are fields, errors are text, times are whole milliseconds', async (t) => {
  const err = new Error('cannot send', { cause: new Error('ENETDOWN') });
  t.same(logged([{ type: 'announce-failed', ...vip, err }]), [
    {
      level: 'warn',
      component: 'announce',
      vip: '10.0.0.5',
      link: 'end0',
      err: 'cannot send: ENETDOWN',
      msg: 'cannot announce vip',
    },
  ]);
  t.match(logged([{ type: 'beat', durationMs: 3.21, holdForMs: 4000, slackMs: 12.7 }]), [
    { component: 'election', durationMs: 3, holdForMs: 4000, slackMs: 13 },
  ]);
});

const levelOf = (to: GroupState, reason: Reason): unknown =>
  logged([{ type: 'transition', group: 'web', from: 'leading', to, reason }])[0]?.level;

await t.test('a transition is as loud as its reason', async (t) => {
  t.equal(levelOf('leading', 'elected'), 'info');
  t.equal(levelOf('withdrawing', 'shutdown'), 'info');
  t.equal(levelOf('following', 'fence-expired'), 'info', 'the way back is no news');
  t.equal(levelOf('withdrawing', 'fence-expired'), 'warn');
  t.equal(levelOf('faulted', 'link-missing'), 'warn');
  t.equal(levelOf('faulted', 'drained'), 'info');
  t.equal(levelOf('withdrawing', 'conflict'), 'error');
  t.equal(levelOf('faulted', 'name-conflict'), 'error');
});

const levels = (events: readonly ElectorEvent[]): string[] =>
  logged(events).map(({ level }) => level);

await t.test('failed heartbeats warn once until one succeeds', async (t) => {
  const failed = { type: 'beat-failed', code: 'UNAVAILABLE', err: 'x' } as const;
  const late = { ...failed, code: 'DEADLINE_EXCEEDED' };
  const beat = { type: 'beat', durationMs: 3, holdForMs: 4000 } as const;
  t.same(levels([failed, late, failed, beat, failed]), ['warn', 'debug', 'debug', 'debug', 'warn']);
});

await t.test('errors of etcd warn once an endpoint and code, until it is reachable', async (t) => {
  const error = { type: 'etcd-error', code: 'UNAVAILABLE', call: 'txn', err: 'x' } as const;
  const a = { ...error, endpoint: 'a' };
  const b = { ...error, endpoint: 'b' };
  const beat = { type: 'beat', durationMs: 3, holdForMs: 4000 } as const;
  const back = { type: 'endpoint', endpoint: 'a', reachable: true } as const;
  t.same(levels([a, beat, a, b, { ...a, code: 'CERTIFICATE' }, back, a, b]), [
    'warn',
    'debug',
    'debug',
    'warn',
    'warn',
    'info',
    'warn',
    'debug',
  ]);
});

await t.test('frames that cannot be sent warn once until one is sent', async (t) => {
  const failed = { type: 'announce-failed', ...vip, err: 'x' } as const;
  const sent = { type: 'announced', ...vip, kind: 'request' } as const;
  t.same(levels([failed, failed, sent, failed]), ['warn', 'debug', 'debug', 'warn']);
  t.same(levels([failed, { ...failed, link: 'end1' }]), ['warn', 'warn'], 'each link by itself');
});
