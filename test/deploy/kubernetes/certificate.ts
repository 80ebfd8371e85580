// The commands at the head of the manifest are carried out as they stand, and etcd lets their certificate in.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startCluster } from '../../../src/lab/etcd.ts';
import { CertificateAuthority } from '../../fixtures/certificates.ts';
import { etcdctl } from '../../fixtures/etcd-store.ts';
import { manifest } from '../../fixtures/manifests.ts';

await t.test('a client certificate of its own, made and renewed', async (t) => {
  const dir = t.testdir();
  const pki = join(dir, 'pki');
  const own = join(dir, 'own');
  mkdirSync(pki);
  const ca = new CertificateAuthority(pki, 'ca');
  const { stdout } = await manifest('daemonset');
  const commands = [...stdout.matchAll(/^# {3}(.+)$/gm)]
    .map(([, command]) => command)
    .join('\n')
    .replaceAll('/etc/kubernetes/pki/etcd', pki)
    .replaceAll('/etc/vip-elector', own);
  const run = (): void => void execFileSync('sh', ['-euc', commands], { stdio: 'pipe' });
  run();
  const { uid, gid, mode } = statSync(join(own, 'client.key'));
  t.strictSame([uid, gid, mode & 0o777], [65532, 65532, 0o400], 'for the daemon alone');
  t.equal(statSync(join(own, 'client.crt')).mode & 0o777, 0o644);

  const tls = { ...ca.issue('server'), caFile: ca.caFile, clientCertAuth: true };
  const cluster = await startCluster({ size: 1, dir: join(dir, 'etcd'), tls });
  t.teardown(() => cluster.stop());
  const files = [`--cacert=${own}/ca.crt`, `--cert=${own}/client.crt`, `--key=${own}/client.key`];
  const put = (): string => etcdctl(cluster.endpoints[0] ?? '', ...files, 'put', 'a', 'b');
  t.equal(put(), 'OK');
  const first = statSync(join(own, 'client.crt')).ino;
  run();
  t.not(statSync(join(own, 'client.crt')).ino, first, 'replaced, not overwritten');
  t.equal(put(), 'OK');
});
