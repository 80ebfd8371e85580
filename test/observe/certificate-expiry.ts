import { renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CertificateExpiry } from '../../src/observe/certificate-expiry.ts';
import { CertificateAuthority } from '../fixtures/certificates.ts';

const DAY_S = 86_400;
const now = { wallMs: () => Date.now() };

await t.test('until when the certificate is good, read anew when it was renewed', async (t) => {
  const ca = new CertificateAuthority(t.testdir(), 'ca');
  const { certFile } = ca.issue('client', { days: 10 });
  const expiry = new CertificateExpiry(certFile, now);
  t.ok(Math.abs((expiry.seconds() ?? 0) - 10 * DAY_S) < 60, `${expiry.seconds()} s`);
  renameSync(ca.issue('renewed', { days: 90 }).certFile, certFile);
  utimesSync(certFile, 1, 1);
  t.ok(Math.abs((expiry.seconds() ?? 0) - 90 * DAY_S) < 60, `${expiry.seconds()} s`);
});

await t.test('one that is over has less than nothing left', async (t) => {
  const ca = new CertificateAuthority(t.testdir(), 'ca');
  const { certFile } = ca.issue('client', { days: -1 });
  t.ok((new CertificateExpiry(certFile, now).seconds() ?? 0) < 0);
});

await t.test('without a certificate there is nothing to tell', async (t) => {
  const dir = t.testdir({ 'none.pem': 'this is none\n' });
  t.equal(new CertificateExpiry(join(dir, 'none.pem'), now).seconds(), undefined);
  t.equal(new CertificateExpiry(join(dir, 'missing.pem'), now).seconds(), undefined);
  const ca = new CertificateAuthority(dir, 'ca');
  const { certFile } = ca.issue('client', { days: 10 });
  const expiry = new CertificateExpiry(certFile, now);
  t.ok(expiry.seconds());
  rmSync(certFile);
  t.equal(expiry.seconds(), undefined, 'taken away');
});
