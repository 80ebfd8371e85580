import t from 'tap';
import { traceHandover, type LogRecord } from '../../src/lab/handover-trace.ts';
import { RECORD } from '../../src/lab/keys.ts';
import type { Recording } from '../../src/lab/recording.ts';

const MACS = ['02:77:00:00:00:01', '02:77:00:00:00:02', '02:77:00:00:00:03'];
const [OLD, NEW] = MACS as [string, string];

function recording(answers: readonly (readonly [at: number, mac: string])[]): Recording {
  return {
    startedAt: 900,
    endedAt: 1100,
    hostMacs: MACS,
    probes: [
      {
        vip: '10.77.0.100',
        sentAt: answers.map(([at]) => at),
        answers: answers.map(([at, mac], probe) => ({ probe, at, mac })),
      },
    ],
    claims: [],
    addresses: [],
  };
}

function at(ms: number, line: LogRecord): LogRecord {
  return { ...line, bootUs: ms * 1000 };
}

const kernel = (call: string, phase: string, number = 1): LogRecord => ({
  msg: 'call',
  seam: 'kernel',
  call,
  phase,
  number,
  about: ['10.77.0.100'],
});
const txn = (phase: string, ...about: string[]): LogRecord => ({
  msg: 'call',
  seam: 'etcd',
  call: 'txn',
  phase,
  about,
});

/** A handover from h1 to h2, with what else such logs contain. */
const oldLog = [
  // An earlier handover, before the recording.
  at(500, { msg: 'stopping' }),
  at(500, kernel('withdraw', 'sent')),
  { msg: 'a line of an older daemon, without a stamp' },
  at(1001, { msg: 'stopping' }),
  at(1001.5, { msg: 'transition', from: 'leading', to: 'withdrawing' }),
  at(1002, kernel('withdraw', 'sent')),
  at(1002.5, kernel('addresses', 'sent')),
  // Another look was under way already.
  at(1002.75, kernel('addresses', 'answered', 7)),
  at(1003, kernel('withdraw', 'answered')),
  at(1004, kernel('addresses', 'answered')),
  at(1004.5, txn('sent', '/vip-elector/nodes/h1')),
  at(1005, txn('sent', RECORD, '/vip-elector/elections/default/1')),
  at(1008, txn('answered', RECORD, '/vip-elector/elections/default/1')),
];
const newLog = [
  at(1003, { msg: 'the watch brought changes', keys: ['/vip-elector/nodes/h1'] }),
  at(1007, { msg: 'the watch brought changes', keys: ['/vip-elector/epoch', RECORD] }),
  at(1007.5, txn('sent', '/vip-elector/nodes/h2', RECORD)),
  at(1010, txn('answered', '/vip-elector/nodes/h2', RECORD)),
  at(1010.5, kernel('assign', 'sent')),
  at(1011, kernel('assign', 'answered')),
  at(1012, { msg: 'announced', kind: 'request' }),
  at(1013, { msg: 'announced', kind: 'reply' }),
];
const seen = recording([
  [998, OLD],
  [1000, OLD],
  [1011.5, NEW],
  [1013.5, NEW],
]);

await t.test('every step has its time since the last answer, and since its cause', (t) => {
  const steps = traceHandover({ recording: seen, before: 0, after: 1, logs: [oldLog, newLog, []] });
  t.strictSame(
    steps.map(({ name, place, atMs, tookMs }) => [name, place, atMs, tookMs]),
    [
      ['stop begun', 'old', 1, undefined],
      ['silence', 'old', 1.5, 0.5],
      ['withdraw sent', 'old', 2, 0.5],
      ['kernel acknowledged', 'old', 3, 1],
      ['dump sent', 'old', 2.5, 0.5],
      ['dump confirmed', 'old', 4, 1.5],
      ['release sent', 'old', 5, 1],
      ['release answered', 'old', 8, 3],
      ['watch told', 'new', 7, 2],
      ['taking sent', 'new', 7.5, 0.5],
      ['taking answered', 'new', 10, 2.5],
      ['assign sent', 'new', 10.5, 0.5],
      ['assign acknowledged', 'new', 11, 0.5],
      ['first frame', 'new', 12, 1],
      ['first answered probe', 'client', 11.5, 1],
    ],
  );
  t.end();
});

await t.test('a step that nobody told is left open, and so is what follows from it', (t) => {
  const silent = newLog.filter(({ keys }) => keys === undefined);
  const logs = [oldLog, silent, []];
  const steps = traceHandover({ recording: seen, before: 0, after: 1, logs });
  const of = (wanted: string) => steps.find(({ name }) => name === wanted);
  t.match(of('release answered'), { atMs: 8 });
  t.equal(of('watch told')?.atMs, undefined);
  t.equal(of('taking sent')?.atMs, undefined);
  t.match(of('first answered probe'), { atMs: 11.5 });
  t.equal(of('first answered probe')?.tookMs, undefined);
  t.end();
});

await t.test('without two holders in the probes there is no handover', (t) => {
  const one = recording([[1000, OLD]]);
  const logs = [oldLog, newLog, []];
  t.throws(() => traceHandover({ recording: one, before: 0, after: 1, logs }), /do not show/);
  t.throws(() => traceHandover({ recording: seen, before: 0, after: 0, logs }), /do not show/);
  t.end();
});
