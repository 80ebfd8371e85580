// Endpoints and credentials.
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ConfigProblem } from '../../../src/errors.ts';
import { ETCD, load, MINIMAL, only, problemsOf } from '../../fixtures/loading.ts';

/** Problems of etcd options whose files all contain nonsense. */
function complaintsOf(flags: object): string[] {
  const input = { flags: { ...MINIMAL, ...flags }, readFile: () => 'x', fileMode: () => 0o600 };
  return problemsOf(() => load(input)).map(({ field, problem }) => `${field} ${problem}`);
}

function problemsOfEtcd(urls: string): readonly ConfigProblem[] {
  return problemsOf(() => load({ flags: { ...MINIMAL, etcd: urls } }));
}

function warningsOf(flags: object): readonly string[] {
  return load({ flags: { ...MINIMAL, ...flags } }).warnings;
}

function pem(kind: string): string {
  return `-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`;
}

await t.test('endpoints: no VIP of ours in any spelling, no mixture, none twice', async (t) => {
  only(t, problemsOfEtcd('https://10.0.0.100:2379'), [{ problem: /is a virtual IP/ }]);
  only(t, problemsOfEtcd('https://[::ffff:10.0.0.100]:2379'), [{ problem: /is a virtual IP/ }]);
  only(t, problemsOfEtcd('https://0xa000064:2379'), [{ problem: /is a virtual IP/ }]);
  only(t, problemsOfEtcd(`${ETCD},http://10.0.0.2:2379`), [{ problem: 'mixes http and https' }]);
  only(t, problemsOfEtcd(`${ETCD},${ETCD}/`), [{ problem: 'is named a second time' }]);
  t.notMatch(JSON.stringify(problemsOfEtcd('https://u:ge/heim@10.0.0.1:1')), 'heim');
});

await t.test('plain http warns unless it is loopback or said to be intended', async (t) => {
  only(t, warningsOf({ etcd: 'http://10.0.0.1:2379' }), [/plain http/]);
  t.same(warningsOf({ etcd: 'http://10.0.0.1:2379', 'etcd-insecure': true }), []);
  t.same(warningsOf({ etcd: 'http://127.0.0.1:2379,http://localhost:1,http://[::1]:2' }), []);
  only(t, warningsOf({ node: 'localhost' }), [/called localhost/]);
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, 'etcd-insecure': true } })),
    [{ field: '--etcd-insecure' }],
  );
});

await t.test(
  'certificate, key and password come in pairs, and where they have effect',
  async (t) => {
    only(t, complaintsOf({ 'etcd-user': 'a' }), [/etcd-user is given without etcd.passwordFile/]);
    only(t, complaintsOf({ 'etcd-password-file': 'a' }), [/is given without etcd.user/]);
    only(t, complaintsOf({ 'etcd-server-name': 'a', etcd: 'http://127.0.0.1:1' }), [
      /has no effect/,
    ]);
    only(t, complaintsOf({ 'etcd-cert': 'a' }), [
      /without etcd.key/,
      /contains no PEM certificate/,
    ]);
    only(t, complaintsOf({ 'etcd-key': 'a' }), [
      /without etcd.cert/,
      /contains no PEM private key/,
    ]);
  },
);

await t.test('credentials on disk are read, and must fit together', async (t) => {
  const dir = t.testdir({ password: 'geheim\n', empty: '\n' });
  const make = (name: string): void => {
    const files = ['-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.crt`)];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=a', ...files], {
      stdio: 'ignore',
    });
  };
  make('a');
  make('b');
  const at = (name: string): string => join(dir, name);
  for (const name of ['a.key', 'b.key', 'password', 'empty']) chmodSync(at(name), 0o640);
  const flags = {
    ...MINIMAL,
    'etcd-ca': at('b.crt'),
    'etcd-cert': at('a.crt'),
    'etcd-key': at('a.key'),
    'etcd-user': 'root',
    'etcd-password-file': at('password'),
  };
  const { config, warnings, written } = load({ flags });
  t.match(config.etcd, { caFile: at('b.crt'), certFile: at('a.crt'), keyFile: at('a.key') });
  t.same(warnings, []);
  t.notMatch(JSON.stringify([config, written]), 'geheim');
  const problem = (change: object): readonly ConfigProblem[] =>
    problemsOf(() => load({ flags: { ...flags, ...change } }));
  only(t, problem({ 'etcd-key': at('b.key') }), [{ problem: 'does not belong to etcd.cert' }]);
  only(t, problem({ 'etcd-ca': at('a.key') }), [{ problem: 'contains no PEM certificate' }]);
  only(t, problem({ 'etcd-password-file': at('none') }), [{ remedy: /ENOENT/ }]);
  only(t, problem({ 'etcd-password-file': at('empty') }), [{ problem: 'is an empty file' }]);
  writeFileSync(at('broken.crt'), pem('CERTIFICATE'));
  writeFileSync(at('locked.key'), pem('ENCRYPTED PRIVATE KEY'), { mode: 0o600 });
  only(t, problem({ 'etcd-ca': at('broken.crt') }), [{ problem: /broken certificate/ }]);
  only(t, problem({ 'etcd-key': at('locked.key') }), [{ problem: /is encrypted/ }]);
  chmodSync(at('password'), 0o644);
  t.match(load({ flags }).warnings, [/password .* has mode 0644/]);
});
