import { createServer } from 'node:tls';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import {
  judgeCertificate,
  seeCertificateFiles,
  seeServerCertificate,
} from '../../src/check/certificate.ts';
import { CertificateAuthority } from '../fixtures/certificates.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-30T00:00:00Z');
const SEEN = {
  name: 'client certificate',
  subject: 'client.crt: common name elector',
  fromMs: NOW - DAY,
  toMs: NOW + 90 * DAY,
};

await t.test('dates, then names', async (t) => {
  t.match(judgeCertificate(SEEN, NOW), { verdict: 'ok', detail: /good until .* \(90 days\)$/ });
  const soon = judgeCertificate({ ...SEEN, toMs: NOW + 14 * DAY - 1 }, NOW);
  t.match(soon, { verdict: 'warn', remedy: 'renew it soon' });
  t.match(judgeCertificate({ ...SEEN, toMs: NOW }, NOW), { verdict: 'fail', detail: /expired on/ });
  const early = judgeCertificate({ ...SEEN, fromMs: NOW + 1 }, NOW);
  t.match(early, { verdict: 'fail', remedy: /NTP/ });
  const wrong = judgeCertificate({ ...SEEN, wrong: 'not for this name' }, NOW);
  t.match(wrong, { verdict: 'fail', detail: /: not for this name$/ });
});

await t.test('what a server shows: right, for another name, by another CA', async (t) => {
  const dir = t.testdir({});
  const ca = new CertificateAuthority(dir, 'ca');
  const other = new CertificateAuthority(dir, 'other');
  const { certFile, keyFile } = ca.issue('server', { names: 'IP:127.0.0.1' });
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  const see = (over: object) =>
    seeServerCertificate(url, { endpoints: [url], caFile: ca.caFile, ...over }, signal);
  const good = await see({});
  t.match(good, { name: `certificate of ${url}`, subject: /127\.0\.0\.1/ });
  t.equal(good?.wrong, undefined);
  t.match((await see({ serverName: 'etcd.example' }))?.wrong, /etcd\.example/);
  t.match((await see({ caFile: other.caFile }))?.wrong, /UNABLE|SELF_SIGNED|unable/);
  t.equal(await seeServerCertificate('https://127.0.0.1:1', { endpoints: [] }, signal), undefined);
});

await t.test('the files of the configuration', async (t) => {
  const dir = t.testdir({});
  const ca = new CertificateAuthority(dir, 'ca');
  const { certFile } = ca.issue('elector', { days: 10 });
  const seen = seeCertificateFiles({ endpoints: [], certFile, caFile: ca.caFile });
  t.match(seen, [
    { name: 'client certificate', subject: /common name elector/ },
    { name: 'CA of etcd' },
  ]);
  t.strictSame(seeCertificateFiles({ endpoints: [] }), []);
});
