import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import type { EtcdConfig } from '../../../src/config/types.ts';
import type { EtcdStore } from '../../../src/election/etcd.ts';
import { openEtcdStore } from '../../../src/election/etcd/open.ts';
import type { TxnReply } from '../../../src/election/store.ts';
import { startCluster } from '../../../src/lab/etcd.ts';
import { CertificateAuthority } from '../../fixtures/certificates.ts';
import { etcdctl, EventLog, txn, WatchLog, within } from '../../fixtures/etcd-store.ts';

const open = async (
  t: { teardown(handler: () => void): void },
  config: EtcdConfig,
): Promise<[EtcdStore, EventLog]> => {
  const log = new EventLog();
  const store = await openEtcdStore(config, { clock: systemClock, emit: log.emit });
  t.teardown(() => store.close());
  return [store, log];
};
const put = (store: EtcdStore, key: string): Promise<TxnReply> =>
  store.txn(txn({ success: [{ op: 'put', key, value: '' }] }), within());

await t.test('over TLS with client certificates', async (t) => {
  const dir = t.testdir();
  const ca = new CertificateAuthority(dir, 'ca');
  const tls = { ...ca.issue('server'), caFile: ca.caFile, clientCertAuth: true };
  const cluster = await startCluster({ size: 1, dir, tls });
  t.teardown(() => cluster.stop());
  const { endpoints } = cluster;
  const client = ca.issue('client');
  const good = { endpoints, caFile: ca.caFile, ...client };

  await t.test(
    'the right certificates get in, without a warning but for the IP address',
    async (t) => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error): unknown => warnings.push(warning);
      process.on('warning', onWarning);
      const [store] = await open(t, good);
      await t.resolves(put(store, 'a'));
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', onWarning);
      // grpc-js sends an IP address as server name; Node warns once a process.
      t.strictSame(
        warnings.filter((warning) => (warning as { code?: string }).code !== 'DEP0123'),
        [],
      );
    },
  );

  await t.test('a server certificate of another CA is refused', async (t) => {
    const other = new CertificateAuthority(t.testdir(), 'other');
    const [store, log] = await open(t, { ...good, caFile: other.caFile });
    const message = 'certificate is signed by an unknown CA';
    await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message });
    t.strictSame(log.endpointStates(), [message]);
  });

  await t.test('no client certificate: the server says that it wants one', async (t) => {
    const [store] = await open(t, { endpoints, caFile: ca.caFile });
    await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message: /client certificate/ });
  });

  await t.test('a client certificate of another CA is refused', async (t) => {
    const other = new CertificateAuthority(t.testdir(), 'other');
    const [store] = await open(t, { ...good, ...other.issue('client') });
    await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message: /client certificate/ });
  });

  await t.test('an expired client certificate is refused', async (t) => {
    const [store] = await open(t, { ...good, ...ca.issue('expired', { days: -1 }) });
    await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message: /client certificate/ });
  });

  await t.test('another name than in the certificate is refused', async (t) => {
    const [store] = await open(t, { ...good, serverName: 'etcd.example' });
    await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message: /^name does not match: / });
  });

  await t.test('http:// to a TLS port is no success', async (t) => {
    const [store] = await open(t, { endpoints: endpoints.map((url) => url.replace('s:', ':')) });
    await t.rejects(put(store, 'a'), { code: 'UNAVAILABLE' });
  });
});

await t.test('a server certificate that has expired is refused', async (t) => {
  const dir = t.testdir();
  const ca = new CertificateAuthority(dir, 'ca');
  const tls = ca.issue('server', { days: -1 });
  const cluster = await startCluster({ size: 1, dir, tls });
  t.teardown(() => cluster.stop());
  const [store, log] = await open(t, { endpoints: cluster.endpoints, caFile: ca.caFile });
  const message = 'certificate has expired';
  await t.rejects(put(store, 'a'), { code: 'CERTIFICATE', message });
  await t.rejects(put(store, 'a'), { code: 'CERTIFICATE' });
  t.strictSame(log.endpointStates(), [message]);
});

await t.test('the server name of the configuration is the one that is checked', async (t) => {
  const dir = t.testdir();
  const ca = new CertificateAuthority(dir, 'ca');
  const tls = ca.issue('server', { names: 'DNS:etcd.example' });
  const cluster = await startCluster({ size: 1, dir, tls });
  t.teardown(() => cluster.stop());
  const { endpoints } = cluster;
  const [store] = await open(t, { endpoints, caFile: ca.caFile, serverName: 'etcd.example' });
  await t.resolves(put(store, 'a'));
});

await t.test('https:// to a port without TLS points at TLS', async (t) => {
  const cluster = await startCluster({ size: 1, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [store] = await open(t, { endpoints: cluster.endpoints.map((u) => u.replace(':', 's:')) });
  await t.rejects(put(store, 'a'), { code: 'UNAVAILABLE', message: /speak TLS/ });
});

await t.test('with users and passwords', async (t) => {
  const dir = t.testdir({ password: 'secret\n', wrong: 'guess' });
  // Simple tokens end 1 s after their last use (etcd auth/simple_token.go checks each second).
  const extraArgs = ['--auth-token-ttl=1'];
  const cluster = await startCluster({ size: 1, dir: `${dir}/etcd`, extraArgs });
  t.teardown(() => cluster.stop());
  const { endpoints } = cluster;
  const [endpoint = ''] = endpoints;
  const user = { endpoints, user: 'elector', passwordFile: `${dir}/password` };
  {
    const [store] = await open(t, user);
    await t.resolves(put(store, 'mine/0'), 'a user is no harm while authentication is off');
  }
  const setup = [
    ['user', 'add', 'root:root'],
    ['user', 'grant-role', 'root', 'root'],
    ['role', 'add', 'elector'],
    ['role', 'grant-permission', 'elector', 'readwrite', '--prefix=true', 'mine/'],
    ['user', 'add', 'elector:secret'],
    ['user', 'grant-role', 'elector', 'elector'],
    ['auth', 'enable'],
  ];
  for (const args of setup) etcdctl(endpoint, ...args);

  await t.test('the right password opens what the role allows, and no more', async (t) => {
    const [store, log] = await open(t, user);
    await put(store, 'mine/a');
    await t.rejects(put(store, 'theirs'), { code: 'PERMISSION_DENIED' });
    await t.rejects(store.watch({ prefixes: ['theirs'], onEvents: () => undefined, ...within() }), {
      code: 'PERMISSION_DENIED',
    });
    t.strictSame(log.endpointStates(), ['reachable']);
  });

  await t.test('a wrong password and no password are told apart', async (t) => {
    const [wrong, log] = await open(t, { ...user, passwordFile: `${dir}/wrong` });
    await t.rejects(put(wrong, 'mine/a'), {
      code: 'UNAUTHENTICATED',
      message: 'wrong user or password',
    });
    await t.rejects(put(wrong, 'mine/a'), { code: 'UNAUTHENTICATED' });
    t.strictSame(log.endpointStates(), ['wrong user or password']);
    const [none] = await open(t, { endpoints });
    await t.rejects(put(none, 'mine/a'), { code: 'UNAUTHENTICATED', message: /wants a user/ });
  });

  await t.test('an expired token is replaced, for calls and for watches', async (t) => {
    const [store, log] = await open(t, user);
    await put(store, 'mine/a');
    await systemClock.sleep(3_500);
    const { header } = await put(store, 'mine/a');
    await systemClock.sleep(3_500);
    const events = new WatchLog();
    const aborter = new AbortController();
    const ended = store.watch({
      prefixes: ['mine/'],
      fromRevision: header.revision,
      onEvents: events.onEvents,
      signal: aborter.signal,
    });
    await events.wait(1);
    aborter.abort();
    await ended;
    t.notOk(log.events.some(({ type }) => type === 'etcd-error'));
  });

  await t.test('a change of the roles does not end the login', async (t) => {
    const [store] = await open(t, user);
    await put(store, 'mine/a');
    const grant = ['role', 'grant-permission', 'elector', 'read', 'more'];
    etcdctl(endpoint, '--user=root:root', ...grant);
    await t.resolves(put(store, 'mine/a'));
  });
});

await t.test('files that are missing or unusable are named', async (t) => {
  const dir = t.testdir({ bad: 'no PEM' });
  const endpoints = ['https://127.0.0.1:2379'];
  await t.rejects(open(t, { endpoints, caFile: `${dir}/missing` }), {
    name: 'OperatorError',
    message: /^cannot read the CA of etcd: ENOENT.*missing/,
  });
  const bad = { certFile: `${dir}/bad`, keyFile: `${dir}/bad` };
  await t.rejects(open(t, { endpoints, ...bad }), {
    name: 'OperatorError',
    message: /^certificates for etcd are not usable \(.*bad/,
  });
});
