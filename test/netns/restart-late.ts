// A restart that comes too late: the kernel, or a candidate, has ended the hold. The new process finds
// a state file that says that it holds, and does not believe it.
import t from 'tap';
import { etcdctl } from '../fixtures/etcd-store.ts';
import { has, makeSite, recordOf, stateIn, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';
import { watchHost } from '../fixtures/watched-host.ts';

const leading = { msg: 'transition', to: 'leading' };

await inNamespace(t, import.meta.url, async () => {
  const { h1, h2, cluster, endpoint, runtimeDir, start } = await makeSite(t, { hosts: 2 });
  const monitor = await watchHost(t, 'h1');
  const [member] = cluster.members;
  const election = '/vip-elector/elections/default/';
  const candidates = (): string[] =>
    etcdctl(endpoint, 'get', '--prefix', '--print-value-only', election).split('\n');
  /** Kills a holder on the first host and waits until the kernel has taken its address away. */
  const outlived = async (): Promise<void> => {
    const first = start(h1);
    await first.said(leading);
    t.ok(has(h1, VIP));
    await first.kill();
    t.match(stateIn(runtimeDir(h1)), { tokens: [{ group: 'default' }] }, 'it says that it holds');
    await until('the lifetime ends', () => !has(h1, VIP) || undefined);
    // What `ip` shows, the monitor may be told a moment later.
    await until(
      'the monitor knows',
      () => monitor.changes().at(-1)?.present === false || undefined,
    );
    monitor.mark();
  };

  await t.test('after the kernel has acted: no address without a proof of etcd', async (t) => {
    await outlived();
    member!.freeze();
    const next = start(h1);
    await next.said({ msg: 'etcd is not reachable' });
    t.notOk(has(h1, VIP));
    t.strictSame(monitor.changes(), [], 'at no moment');
    t.strictSame(next.all({ msg: 'transition', to: 'leading' }), []);
    member!.thaw();
    await next.said(leading);
    t.ok(has(h1, VIP), 'etcd says so: held again');
    t.match(recordOf(endpoint), { state: 'held', node: 'h1' });
    t.strictSame(await next.stop(), { code: 0, signal: null });
  });

  await t.test('after a candidate has acted: it follows', async (t) => {
    const first = start(h1);
    await first.said(leading);
    const other = start(h2);
    await other.said({ msg: 'leader changed' });
    await first.kill();
    await other.said(leading);
    const record = recordOf(endpoint);
    t.match(record, { state: 'held', node: 'h2' });
    t.notOk(has(h1, VIP), 'the kernel was earlier');
    await until(
      'the monitor knows',
      () => monitor.changes().at(-1)?.present === false || undefined,
    );
    monitor.mark();
    const next = start(h1);
    await next.said({ msg: 'leader changed', leader: 'h2' });
    await until('it is a candidate', () => candidates().length === 2 || undefined);
    t.strictSame(monitor.changes(), [], 'the address was never here');
    t.strictSame(recordOf(endpoint)?.['token'], record?.['token'], 'the other holds as before');
    t.ok(has(h2, VIP));
    t.strictSame(await next.stop(), { code: 0, signal: null });
    t.strictSame(await other.stop(), { code: 0, signal: null });
  });
});
