// Two nodes with one name (a cloned SD card): the second says so and waits until the first is gone.
import t from 'tap';
import type { StatusReport } from '../../src/observe/status.ts';
import { etcdctl } from '../fixtures/etcd-store.ts';
import { ask, has, makeSite, recordOf, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  const { h1, h2, endpoint, start } = await makeSite(t, { hosts: 2 });
  const candidates = (): string[] => {
    const keys = etcdctl(endpoint, 'get', '--prefix', '--keys-only', '/vip-elector/elections/');
    return keys.split('\n').filter((key) => key !== '');
  };

  const first = start(h1, { node: 'twin' });
  await first.said({ msg: 'transition', to: 'leading' });
  const second = start(h2, { node: 'twin' });

  await t.test('the second says so and does not campaign', async (t) => {
    t.match(await second.said({ msg: 'another node has our name' }), {
      level: 'error',
      node: 'twin',
      err: /nodes\/twin is written by another node \([0-9a-f]{32}\)/,
    });
    const line = await second.said({ msg: 'transition', to: 'faulted' });
    t.match(line, { level: 'error', reason: 'name-conflict' });
    const { groups } = JSON.parse((await ask(h2, '/status')).text) as StatusReport;
    t.match(groups, [{ state: 'faulted', reason: 'name-conflict' }]);
    t.match(await ask(h2, '/healthz'), { status: 200 }, 'its loop turns');
    t.equal(candidates().length, 1, 'one candidate: the first');
    t.notOk(has(h2, VIP));
    t.ok(has(h1, VIP), 'which holds as before');
    t.strictSame(first.all({ msg: 'another node has our name' }), [], 'and noticed nothing');
  });

  await t.test('when the first has gone, its lease with it, the second takes part', async (t) => {
    await first.kill();
    await second.said({ msg: 'no other node has our name any more' });
    await second.said({ msg: 'transition', to: 'leading', reason: 'elected' });
    t.ok(has(h2, VIP));
    t.match(recordOf(endpoint), { state: 'held', node: 'twin' });
    t.equal(second.all({ msg: 'another node has our name' }).length, 1, 'said once');
    t.strictSame(await second.stop(), { code: 0, signal: null });
  });
});
