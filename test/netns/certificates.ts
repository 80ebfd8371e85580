// TLS to etcd: the right certificates lead, the wrong ones are said to be what they are.
import { mkdirSync } from 'node:fs';
import t from 'tap';
import { CertificateAuthority } from '../fixtures/certificates.ts';
import {
  ask,
  has,
  makeHosts,
  metric,
  ramDirectory,
  startDaemon,
  startEtcd,
  VIP,
} from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const SERVER = { names: 'IP:10.77.1.254' };

await inNamespace(t, import.meta.url, async () => {
  const dir = ramDirectory(t, 'certificates');
  const ca = new CertificateAuthority(dir, 'ca');
  mkdirSync(`${dir}/other`);
  const other = new CertificateAuthority(`${dir}/other`, 'other');
  const client = ca.issue('elector');
  const expired = ca.issue('expired', { days: -1 });
  const stranger = other.issue('stranger');
  const [h1] = makeHosts(t);

  /** What the log says of the endpoint when the daemon is given these files. */
  const whyNot = async (endpoint: string, flags: readonly string[]): Promise<unknown> => {
    const args = ['--vip', VIP, '--link', 'h1', ...flags];
    const options = { endpoint, runtimeDir: ramDirectory(t, 'h1'), args };
    await using daemon = startDaemon(t, h1, options);
    const line = await daemon.said({ msg: 'endpoint is not reachable', endpoint });
    await daemon.said({ msg: 'listening', component: 'http' });
    const ready = await ask(h1, '/readyz');
    t.equal(ready.status, 503, 'not ready');
    t.ok(ready.text.includes(JSON.stringify(line['err']).slice(1, -1)), '/readyz says the same');
    return line['err'];
  };

  await t.test('etcd that wants client certificates', async (t) => {
    const tls = { ...ca.issue('server', SERVER), caFile: ca.caFile, clientCertAuth: true };
    const { endpoint } = await startEtcd(t, { tls });
    const trust = ['--etcd-ca', ca.caFile];
    const refused = /^the server (refuses our client certificate, or wants one|wants a client)/;

    const unknown = ['--etcd-ca', other.caFile];
    t.equal(await whyNot(endpoint, unknown), 'certificate is signed by an unknown CA');
    t.match(await whyNot(endpoint, trust), refused, 'no client certificate');
    for (const [name, { certFile, keyFile }] of Object.entries({ stranger, expired })) {
      const flags = [...trust, '--etcd-cert', certFile, '--etcd-key', keyFile];
      const why = await whyNot(endpoint, flags);
      t.match(why, name === 'expired' ? /client certificate/ : refused, name);
    }

    await t.test('with the right ones it leads, by mTLS', async (t) => {
      const files = [...trust, '--etcd-cert', client.certFile, '--etcd-key', client.keyFile];
      const args = ['--vip', VIP, '--link', 'h1', ...files];
      const runtimeDir = ramDirectory(t, 'h1');
      const daemon = startDaemon(t, h1, { endpoint, runtimeDir, args });
      // No record: the first taking of all waits out the longest promise (protocol.md rule 8).
      await daemon.said({ msg: 'transition', to: 'leading', reason: 'elected' });
      t.ok(has(h1, VIP));
      const { text } = await ask(h1, '/metrics');
      t.equal(metric(text, 'vip_elector_etcd_errors_total{code="CERTIFICATE"}'), 0);
      t.strictSame(await daemon.stop(), { code: 0, signal: null });
    });
  });

  await t.test("etcd's own certificate has expired", async (t) => {
    const tls = ca.issue('old', { ...SERVER, days: -1 });
    const { endpoint } = await startEtcd(t, { tls });
    const why = await whyNot(endpoint, ['--etcd-ca', ca.caFile]);
    t.equal(why, 'certificate has expired');
  });
});
