import t from 'tap';
import type { TrialSeen } from '../../src/check/etcd-trial.ts';
import { judgeTrial } from '../../src/check/trial.ts';
import { StoreError } from '../../src/election/store.ts';
import { someConfig } from '../fixtures/config.ts';

const { timing } = someConfig();
const GOOD: TrialSeen = {
  writes: [2, 3, 2, 2, 4],
  forbidden: [],
  more: undefined,
  alarms: [],
  revision: 100,
  keptSince: 1,
  dbBytes: 3 * 1024 ** 2,
};

/** The finding of one name. */
function judged(name: string, over: Partial<TrialSeen>) {
  return judgeTrial({ ...GOOD, ...over }, timing).find((each) => each.name === `etcd ${name}`);
}

await t.test('all is well', async (t) => {
  const findings = judgeTrial(GOOD, timing);
  t.strictSame(
    findings.map(({ name, verdict }) => [name, verdict]),
    [
      ['etcd rights', 'ok'],
      ['etcd writes', 'ok'],
      ['etcd space', 'ok'],
      ['etcd compaction', 'ok'],
    ],
  );
  t.match(findings[1]?.detail, '5 writes: median 2.0 ms, slowest 4.0 ms; a heartbeat has 800ms');
});

await t.test('rights: too few fail with the command, too many are a warning', async (t) => {
  t.match(judged('rights', { forbidden: ['/vip-elector/check'] }), {
    verdict: 'fail',
    detail: 'this user may not write below /vip-elector/',
    remedy: 'etcdctl role grant-permission ROLE readwrite --prefix=true /vip-elector/',
  });
  t.match(judged('rights', { more: 'all-users' }), { verdict: 'warn', detail: /or it is root$/ });
  t.match(judged('rights', { more: 'all-keys' }), { verdict: 'warn', detail: /read every key/ });
});

await t.test('writes: the slowest counts', async (t) => {
  t.equal(judged('writes', { writes: [1, 1, 399] })?.verdict, 'ok');
  t.match(judged('writes', { writes: [1, 1, 400] }), { verdict: 'warn', remedy: /SD card/ });
  t.equal(judged('writes', { writes: [1, 1, 800] })?.verdict, 'fail');
  const refusal = new StoreError('RESOURCE_EXHAUSTED', 'e', 'etcd is full');
  t.match(judged('writes', { writes: refusal }), { verdict: 'fail', detail: /etcd is full$/ });
  t.equal(judged('writes', { writes: [] })?.verdict, 'warn');
});

await t.test('space: an alarm fails, a database near its quota is a warning', async (t) => {
  t.match(judged('space', { alarms: ['NOSPACE', 'NOSPACE'] }), {
    verdict: 'fail',
    detail: 'etcd has raised NOSPACE (3 MiB): it takes no writes',
    remedy: /alarm disarm/,
  });
  t.match(judged('space', { dbBytes: 1.7 * 1024 ** 3 }), { verdict: 'warn', detail: /^1741 MiB/ });
  t.match(judged('space', { alarms: undefined, dbBytes: undefined }), { verdict: 'ok' });
});

await t.test('compaction: history that only grows is a warning', async (t) => {
  t.equal(judged('compaction', { revision: 50_000 })?.verdict, 'ok');
  const grown = judged('compaction', { revision: 50_001 });
  t.match(grown, { verdict: 'warn', remedy: /--auto-compaction-retention=5m/ });
  t.equal(judged('compaction', { revision: 9e6, keptSince: 8e6 })?.verdict, 'warn');
  t.equal(judged('compaction', { revision: 9e6, keptSince: undefined })?.verdict, 'ok');
});
