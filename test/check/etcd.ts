import t from 'tap';
import { judgeCluster, judgeEndpoint, type EndpointSeen } from '../../src/check/etcd.ts';
import { StoreError, type StoreErrorCode } from '../../src/election/store.ts';

const NEEDS = { prefix: '/vip-elector', requestDeadlineMs: 800 };
const ONE = 'https://10.0.0.1:2379';
const TWO = 'https://10.0.0.2:2379';

const seen = (url: string, answer: object): EndpointSeen => ({
  url,
  answer: { latencyMs: 1.24, clusterId: '7', version: '3.5.28', voters: 3, ...answer },
});
const failed = (code: StoreErrorCode, text: string) =>
  judgeEndpoint({ url: ONE, answer: new StoreError(code, ONE, text) }, NEEDS);

await t.test('an endpoint that answers is told with its latency and version', async (t) => {
  t.same(judgeEndpoint(seen(ONE, {}), NEEDS), {
    name: `etcd ${ONE}`,
    verdict: 'ok',
    detail: 'a linearizable read in 1.2 ms; version 3.5.28',
  });
  const untold = { url: ONE, answer: { latencyMs: 1, clusterId: '7' } };
  t.match(judgeEndpoint(untold, NEEDS), { verdict: 'ok', detail: /1\.0 ms$/ });
});

await t.test('one that leaves little of a heartbeat is a warning', async (t) => {
  t.equal(judgeEndpoint(seen(ONE, { latencyMs: 399 }), NEEDS).verdict, 'ok');
  t.match(judgeEndpoint(seen(ONE, { latencyMs: 400 }), NEEDS), {
    verdict: 'warn',
    detail: /heartbeats have 800 ms/,
    remedy: /slower profile/,
  });
});

await t.test('one that does not serve fails, each reason with a remedy of its own', async (t) => {
  const silent = failed('UNAVAILABLE', 'connection refused');
  t.match(silent, { name: `etcd ${ONE}`, verdict: 'fail', detail: 'connection refused' });
  t.match(silent.remedy, /etcd runs there .* firewalls/);
  const forbidden = failed('PERMISSION_DENIED', 'permission denied');
  t.match(forbidden, { verdict: 'fail', remedy: /readwrite --prefix=true \/vip-elector\/$/ });
  t.match(failed('UNAUTHENTICATED', 'wrong user or password').remedy, /passwordFile/);
  t.match(failed('CERTIFICATE', 'certificate has expired').remedy, /etcd\.ca/);
});

await t.test('the number of members: odd is well, even gains nothing', async (t) => {
  const details = (voters: number) => judgeCluster([seen(ONE, { voters })]);
  t.match(details(3), [{ verdict: 'ok', detail: '3 members: 1 of them may fail' }]);
  t.match(details(5), [{ verdict: 'ok', detail: '5 members: 2 of them may fail' }]);
  t.match(details(1), [{ verdict: 'ok', detail: /while it is away, nobody/ }]);
  const warned = (voters: number, detail: string) =>
    t.match(details(voters), [{ verdict: 'warn', detail, remedy: /odd number/ }]);
  warned(2, '2 members: 0 of them may fail, no more than with 1');
  warned(4, '4 members: 1 of them may fail, no more than with 3');
  const untold = { url: TWO, answer: { latencyMs: 1, clusterId: '7' } };
  t.same(judgeCluster([untold]), [], 'what it did not tell is no news');
  t.match(judgeCluster([untold, seen(ONE, {})]), [{ verdict: 'ok', detail: /^3 members/ }]);
});

await t.test('each version with known defects is named once', async (t) => {
  const old = { version: '3.4.23' };
  const found = judgeCluster([seen(ONE, old), seen(TWO, old), seen('https://c', {})]);
  t.equal(found.length, 2);
  t.match(found[1], {
    name: 'etcd version',
    verdict: 'warn',
    detail: /^3\.4\.23: .*etcd#20418.*; .*etcd#17529/,
    remedy: 'upgrade to etcd 3.4.42, or a later line',
  });
  t.match(judgeCluster([seen(ONE, { version: '3.3.1' })])[1], { remedy: /etcd 3\.5 or later/ });
});

await t.test(
  'endpoints of several clusters fail; those that are silent do not count',
  async (t) => {
    const silent = { url: TWO, answer: new StoreError('UNAVAILABLE', TWO, 'gone') };
    t.match(judgeCluster([seen(ONE, {}), silent]), [{ verdict: 'ok' }]);
    t.same(judgeCluster([silent]), []);
    const found = judgeCluster([seen(ONE, {}), seen(TWO, { clusterId: '8' })]);
    t.equal(found.length, 1);
    t.match(found, [
      {
        verdict: 'fail',
        detail: `the endpoints are of several clusters: ${ONE} is of 7, ${TWO} is of 8`,
      },
    ]);
  },
);
