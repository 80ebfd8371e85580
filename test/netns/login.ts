// User and password: a wrong one is said to be wrong, a token that ends is renewed, and the password
// is seen nowhere.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { etcdctl } from '../fixtures/etcd-store.ts';
import { ask, has, holds, makeSite, metric, ramDirectory, VIP } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { run, until } from '../fixtures/program.ts';

const PASSWORD = 'correct-horse-battery-staple';
const UNAUTHENTICATED = 'vip_elector_etcd_errors_total{code="UNAUTHENTICATED"}';
const BEATS = 'vip_elector_heartbeat_duration_seconds_count';

await inNamespace(t, import.meta.url, async () => {
  // A simple token ends when it was not used for so long (etcd auth/simple_token.go).
  const extraArgs = ['--auth-token-ttl=1', '--log-level=debug'];
  const { h1, cluster, endpoint, runtimeDir, start: startOn } = await makeSite(t, { extraArgs });
  for (const args of [
    ['user', 'add', 'root:root'],
    ['user', 'grant-role', 'root', 'root'],
    ['role', 'add', 'elector'],
    ['role', 'grant-permission', 'elector', 'readwrite', '--prefix=true', '/vip-elector/'],
    ['user', 'add', `elector:${PASSWORD}`],
    ['user', 'grant-role', 'elector', 'elector'],
    ['auth', 'enable'],
  ]) {
    etcdctl(endpoint, ...args);
  }
  const dir = ramDirectory(t, 'login');
  writeFileSync(join(dir, 'right'), `${PASSWORD}\n`, { mode: 0o600 });
  writeFileSync(join(dir, 'wrong'), 'a-wrong-guess\n', { mode: 0o600 });
  const start = (...flags: string[]) => {
    const args = ['--vip', VIP, '--link', 'h1', '--log-level', 'debug', ...flags];
    return startOn(h1, { args });
  };
  const login = (file: string): string[] => {
    return ['--etcd-user', 'elector', '--etcd-password-file', join(dir, file)];
  };

  await t.test('no user, and a wrong password: the log tells which', async (t) => {
    {
      await using daemon = start();
      const line = await daemon.said({ msg: 'endpoint is not reachable' });
      t.match(line['err'], /^etcd wants a user: give user and password, or a client certificate/);
    }
    await using daemon = start(...login('wrong'));
    const line = await daemon.said({ msg: 'endpoint is not reachable' });
    t.equal(line['err'], 'wrong user or password');
    await daemon.said({ msg: 'etcd is not reachable', err: 'wrong user or password' });
    t.notOk(`${daemon.stdout}${daemon.stderr}`.includes('a-wrong-guess'), 'not the guess itself');
  });

  await t.test('the right one leads, also after its token has ended', async (t) => {
    const daemon = start(...login('right'));
    await daemon.said({ msg: 'transition', to: 'leading' });
    t.ok(has(h1, VIP));

    // While it beats, its token is in use; stopped, it lets it end.
    const { logFile } = cluster.members[0]!;
    const ended = (): number =>
      readFileSync(logFile, 'utf8').split('deleted a simple token').length;
    const before = ended();
    daemon.signal('SIGSTOP');
    await until('etcd deletes the token', () => ended() > before || undefined);
    daemon.signal('SIGCONT');
    const from = metric((await ask(h1, '/metrics')).text, BEATS) ?? 0;
    const more = async (): Promise<string | undefined> => {
      const { text } = await ask(h1, '/metrics');
      return (metric(text, BEATS) ?? 0) >= from + 3 ? text : undefined;
    };
    const text = await until('three more beats', more);
    t.equal(metric(text, UNAUTHENTICATED), 0, 'nobody noticed');
    await holds(h1);
    t.equal(metric(text, 'vip_elector_leader{group="default",node="h1"}'), 1);

    const config = ['config', '--etcd', endpoint, '--vip', VIP, ...login('right')];
    const shown = await run(config, { namespace: 'h1' });
    t.equal(shown.code, 0);
    const all = {
      log: `${daemon.stdout}${daemon.stderr}`,
      config: `${shown.stdout}${shown.stderr}`,
      state: readFileSync(join(runtimeDir(h1), 'state.json'), 'utf8'),
      status: (await ask(h1, '/status')).text,
      metrics: (await ask(h1, '/metrics')).text,
      'command line': readFileSync(`/proc/${daemon.pid}/cmdline`, 'utf8'),
    };
    t.match(all.config, `${dir}/right`, 'the file is named');
    for (const [where, found] of Object.entries(all)) {
      t.notOk(found.includes(PASSWORD), `the password is not in the ${where}`);
    }
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
    t.notOk(daemon.stdout.includes(PASSWORD), 'nor at the end');
  });
});
