// A restart without failover: the daemon dies or is told to keep, and its successor goes on.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { has, makeSite, recordOf, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';
import { watchHost } from '../fixtures/watched-host.ts';

await inNamespace(t, import.meta.url, async () => {
  const { h1, h2, endpoint, runtimeDir, start: startOn } = await makeSite(t, { hosts: 2 });
  // The longest hold: how fast this machine starts a process must not decide.
  const start = (...flags: string[]) => {
    const args = ['--vip', VIP, '--link', 'h1', '--hold-for', '10s', ...flags];
    return startOn(h1, { args });
  };
  const monitor = await watchHost(t, 'h1');
  const first = start();
  await first.said({ msg: 'transition', to: 'leading', reason: 'elected' });
  const other = startOn(h2);
  await until(
    'a follower',
    () => other.lines.some(({ msg }) => msg === 'leader changed') || undefined,
  );
  /** Tells whether the address stayed on its link since `mark`. */
  const stayed = (): boolean => monitor.changes().every(({ present }) => present);
  const token = recordOf(endpoint)?.['token'];

  await t.test('kill -9 and a start at once: resumed, nobody noticed', async (t) => {
    monitor.mark();
    await first.kill();
    t.ok(has(h1, VIP), 'it outlives its process');
    const second = start();
    await second.said({ msg: 'transition', to: 'assigning', reason: 'lease-resumed' });
    await second.said({ msg: 'transition', to: 'leading', reason: 'lease-resumed' });
    t.equal(monitor.changes().length, 1, 'the address has been there all the time');
    t.ok(stayed());
    t.strictSame(second.all({ msg: 'lease granted' }), [], 'the lease goes on');
    t.strictSame(recordOf(endpoint)?.['token'], token, 'the fencing token goes on');
    t.strictSame(other.all({ to: 'assigning' }), [], 'no other took it');

    await t.test('told to keep, it stays over a stop and a start', async (t) => {
      await second.kill();
      const third = start('--keep-on-stop');
      await third.said({ msg: 'transition', to: 'leading', reason: 'lease-resumed' });
      t.strictSame(await third.stop(2_000), { code: 0, signal: null });
      t.ok(has(h1, VIP), 'still there');
      t.match(recordOf(endpoint), { state: 'held', token });
      const fourth = start('--keep-on-stop');
      await fourth.said({ msg: 'transition', to: 'leading', reason: 'lease-resumed' });
      t.equal(monitor.changes().length, 1, 'there all the time');
      t.ok(stayed());
      t.strictSame(recordOf(endpoint)?.['token'], token, 'the same token');
      await fourth.kill();
    });
  });

  await t.test('kill -9 and the state file lost: what is marked goes at the start', async (t) => {
    t.ok(has(h1, VIP));
    rmSync(join(runtimeDir(h1), 'state.json'));
    const next = start();
    const line = await next.said({ msg: 'withdrew an address left behind' });
    t.match(line, { level: 'warn', vip: VIP, link: 'h1' });
    t.notOk(has(h1, VIP));
    // Its identity is lost with the file: for etcd it is another node, until the lease has gone.
    await next.said({ msg: 'another node has our name' });
    t.notOk(has(h1, VIP), 'and stays away');
    await other.said({ msg: 'transition', to: 'leading' });
    t.notOk(has(h1, VIP), 'one holder');
    t.ok(has(h2, VIP));
    await Promise.all([next.stop(), other.stop()]);
  });
});
