// etcd is not there: the daemon stays and says why, once a change and not once a retry.
import t from 'tap';
import { ask, has, makeSite, metric, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { run, until } from '../fixtures/program.ts';

/** Calls that failed for want of an answer, of all codes. */
const failures = (metrics: string): number =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith('vip_elector_etcd_errors_total{'))
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);

await inNamespace(t, import.meta.url, async () => {
  await t.test('down at start, up, frozen, thawed', async (t) => {
    const { h1, cluster, endpoint, start } = await makeSite(t);
    const [member] = cluster.members;
    await member!.stop();

    const daemon = start(h1);
    await daemon.said({ msg: 'listening', component: 'http' });
    const why = await daemon.said({ msg: 'endpoint is not reachable' });
    t.match(why, { level: 'warn', component: 'etcd', endpoint, err: 'connection refused' });
    await daemon.said({ msg: 'etcd is not reachable', err: 'connection refused' });

    await t.test('it lives and is not ready, and says so once', async (t) => {
      t.match(await ask(h1, '/healthz'), { status: 200 });
      const ready = await ask(h1, '/readyz');
      t.match(ready, { status: 503, text: /"etcd does not answer: connection refused"/ });
      const many = async (): Promise<true | undefined> =>
        failures((await ask(h1, '/metrics')).text) >= 12 ? true : undefined;
      await until('twelve calls have failed', many);
      t.equal(daemon.all({ msg: 'endpoint is not reachable' }).length, 1, 'endpoint');
      t.equal(daemon.all({ msg: 'etcd is not reachable' }).length, 1, 'etcd');
      t.ok(daemon.all({ msg: 'call to etcd failed' }).length <= 2, 'calls: one line for each code');
      t.ok(daemon.running);
      t.match(await ask(h1, '/healthz'), { status: 200 });
    });

    await t.test('status and the exit code say it too', async (t) => {
      const args = ['status', '--etcd', endpoint, '--etcd-insecure', '--runtime-dir', '/run/none'];
      const ended = await run(args, { namespace: 'h1' });
      t.equal(ended.code, 1);
      t.equal(ended.stdout, '');
      t.match(ended.stderr, /^vip-elector: etcd does not answer a linearizable read:\n/);
      t.match(ended.stderr, `  ${endpoint}: connection refused\n`);
      t.notMatch(ended.stderr, /\n {4}at /, 'no stack');
    });

    await t.test('etcd comes up: it leads, and is ready', async (t) => {
      await member!.start();
      await daemon.said({ msg: 'etcd is connected' });
      await daemon.said({ msg: 'transition', to: 'leading', reason: 'elected' });
      t.ok(has(h1, VIP));
      t.match(await ask(h1, '/readyz'), { status: 200 });
      const { text } = await ask(h1, '/metrics');
      t.equal(metric(text, 'vip_elector_etcd_connected'), 1);
    });

    await t.test('etcd is silent: the address goes by the deadline, and comes back', async (t) => {
      const from = daemon.lines.length;
      member!.freeze();
      await daemon.said({ to: 'withdrawing', reason: 'fence-expired' }, from);
      await until('the address is gone', () => !has(h1, VIP) || undefined);
      const silent = await daemon.said({ msg: 'endpoint is not reachable' }, from);
      t.match(silent, { endpoint, err: /no answer|deadline|within/i });
      t.match(await ask(h1, '/healthz'), { status: 200 }, 'still alive');
      member!.thaw();
      await daemon.said({ to: 'leading' }, from);
      t.ok(has(h1, VIP));
      const lines = daemon.lines.slice(from);
      const count = (msg: string): number => lines.filter((line) => line['msg'] === msg).length;
      t.equal(count('endpoint is not reachable'), 1, 'said once');
      t.equal(count('endpoint is reachable'), 1, 'and once that it is over');
    });
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
  });
});
