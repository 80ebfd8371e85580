import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { LoadInput, Loaded } from '../../src/config/load.ts';
import { loadConfig } from '../../src/config/load.ts';
import { renderConfig } from '../../src/config/render.ts';
import { ConfigError } from '../../src/errors.ts';
import type { ConfigProblem } from '../../src/errors.ts';

const ETCD = 'https://10.0.0.1:2379';
const MINIMAL = { vip: '10.0.0.100', etcd: ETCD };

function load(input: Partial<LoadInput>): Loaded {
  return loadConfig({ flags: {}, env: {}, hostname: 'pi-1', ...input });
}

/** Loads a file of this text, beside the flags. */
function loadText(text: string, input: Partial<LoadInput> = {}): Loaded {
  return load({ ...input, flags: { config: 'a.yaml', ...input.flags }, readFile: () => text });
}

function problemsOf(run: () => Loaded): readonly ConfigProblem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** The one problem of a file whose groups and etcd are right unless the text says otherwise. */
function problemsOfText(text: string): readonly ConfigProblem[] {
  const groups = /^groups:/m.test(text) ? '' : 'groups: [{ vips: [10.0.0.100] }]\n';
  const etcd = /^etcd:/m.test(text) ? '' : `etcd: { endpoints: [${ETCD}] }\n`;
  return problemsOf(() => loadText(`${text}\n${groups}${etcd}`));
}

/** Problems of etcd options whose files all contain nonsense. */
function complaintsOf(flags: object): string[] {
  const input = { flags: { ...MINIMAL, ...flags }, readFile: () => 'x', fileMode: () => 0o600 };
  return problemsOf(() => load(input)).map(({ field, problem }) => `${field} ${problem}`);
}

/** Exactly these, no more: `t.match` of lists lets others follow. */
function only(t: Test, found: readonly unknown[], expected: readonly unknown[]): void {
  t.equal(found.length, expected.length, JSON.stringify(found));
  t.match(found, expected);
}

function problemsOfGroups(...items: string[]): readonly ConfigProblem[] {
  return problemsOfText(`groups:\n${items.map((item) => `  - { ${item} }\n`).join('')}`);
}

function problemsOfEtcd(urls: string): readonly ConfigProblem[] {
  return problemsOf(() => load({ flags: { ...MINIMAL, etcd: urls } }));
}

function warningsOf(flags: object): readonly string[] {
  return load({ flags: { ...MINIMAL, ...flags } }).warnings;
}

function manyVips(count: number): string {
  return Array.from({ length: count }, (_, i) => `10.1.${i >> 8}.${i & 255}/31`).join(',');
}

function manyGroups(count: number): string {
  const items = Array.from({ length: count }, (_, i) => `{ name: g${i}, vips: [10.2.0.${i + 1}] }`);
  return `groups:\n${items.map((item) => `  - ${item}\n`).join('')}`;
}

function pem(kind: string): string {
  return `-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`;
}

await t.test(
  'a VIP and an endpoint are enough; the rest are the documented defaults',
  async (t) => {
    const { config, sources, warnings } = load({ flags: MINIMAL });
    t.match(config, {
      node: 'pi-1',
      prefix: '/vip-elector',
      etcd: { endpoints: [ETCD] },
      timing: { profile: 'seconds', holdForMs: 4000, announceEveryMs: 3000, takeoverAfterMs: 4900 },
      listen: { host: '', port: 2112 },
      runtimeDir: '/run/vip-elector',
      logLevel: 'info',
      logFormat: 'auto',
      keepOnStop: false,
    });
    const vips = [{ family: 4, address: '10.0.0.100', prefixLength: 32 }];
    t.same(config.groups, [{ name: 'default', vips, links: 'auto' }]);
    t.match(sources, { node: 'default', holdFor: 'default', 'groups[0].vips': '--vip' });
    t.same(warnings, []);
  },
);

await t.test('flags come before the environment, before the file, before defaults', async (t) => {
  const text = 'node: file\nprefix: /file\nholdFor: 5s\nlog: { level: debug }';
  const env = { VIP_ELECTOR_NODE: 'env', VIP_ELECTOR_PREFIX: '/env' };
  const { config, sources } = loadText(text, { env, flags: { ...MINIMAL, node: 'flag' } });
  t.match(config, { node: 'flag', prefix: '/env', logLevel: 'debug', logFormat: 'auto' });
  t.equal(config.timing.holdForMs, 5000);
  t.match(sources, {
    node: '--node',
    prefix: 'VIP_ELECTOR_PREFIX',
    holdFor: 'a.yaml:3',
    'log.level': 'a.yaml:4',
    'log.format': 'default',
  });
});

await t.test('the environment alone can say everything', async (t) => {
  const { config } = load({
    env: {
      VIP_ELECTOR_VIP: '10.0.0.100, 10.0.0.101',
      VIP_ELECTOR_LINK: 'end0,eth0',
      VIP_ELECTOR_ETCD: ETCD,
      VIP_ELECTOR_KEEP_ON_STOP: 'true',
      VIP_ELECTOR_LISTEN: 'off',
      // What Kubernetes adds for a Service of our name is none of our business.
      VIP_ELECTOR_SERVICE_HOST: '10.96.0.7',
      VIP_ELECTOR_PORT: 'tcp://10.96.0.7:2112',
      VIP_ELECTOR_PORT_2112_TCP_ADDR: '10.96.0.7',
      VIP_ELECTOR_DEBUG: '1',
    },
  });
  t.same(
    config.groups[0]?.vips.map(({ address }) => address),
    ['10.0.0.100', '10.0.0.101'],
  );
  t.same(config.groups[0]?.links, ['end0', 'eth0']);
  t.match(config, { keepOnStop: true, listen: 'off' });
});

await t.test('all problems come at once, each under the name that its author used', async (t) => {
  const problems = problemsOf(() =>
    loadText(
      `node: 5
etcd:
  endpoints: [https://10.0.0.1:2379, ftp://10.0.0.2:1]
  passwrod: geheim
groups:
  - { name: A, vips: [10.0.0.x], link: lo }
log:
  level: loud
holdFor: 4
`,
      { flags: { 'announce-every': '9' }, env: { VIP_ELECTOR_LISTEN: 'x', VIP_ELECTOR_NOD: 'y' } },
    ),
  );
  const fields = problems.map(({ field }) => field).toSorted();
  t.same(
    fields,
    [
      '--announce-every',
      'VIP_ELECTOR_LISTEN',
      'VIP_ELECTOR_NOD',
      'etcd.endpoints[1] (a.yaml:3)',
      'etcd.passwrod (a.yaml:4)',
      'groups[0].link (a.yaml:6)',
      'groups[0].name (a.yaml:6)',
      'groups[0].vips[0] (a.yaml:6)',
      'holdFor (a.yaml:9)',
      'log.level (a.yaml:8)',
      'node (a.yaml:1)',
    ].toSorted(),
  );
  const remedyOf = (start: string): string | undefined =>
    problems.find(({ field }) => field.startsWith(start))?.remedy;
  t.match(remedyOf('VIP_ELECTOR_NOD'), 'VIP_ELECTOR_NODE');
  t.match(remedyOf('etcd.passwrod'), 'passwordFile');
  t.match(remedyOf('holdFor'), '4s, 4ms or 4m');
  t.notMatch(new ConfigError(problems).message, 'geheim');
});

await t.test('what is missing is asked for once, by the flag where there is no file', async (t) => {
  t.same(
    problemsOf(() => load({})).map(({ field }) => field),
    ['--vip', '--etcd'],
  );
  t.same(
    problemsOf(() => load({ flags: { vip: 'x', etcd: 'y' } }))
      .map(({ field }) => field)
      .toSorted(),
    ['--etcd', '--vip'],
  );
  only(
    t,
    problemsOf(() => load({ flags: { etcd: ETCD }, env: { VIP_ELECTOR_VIP: '' } })),
    [{ field: 'VIP_ELECTOR_VIP', problem: 'is set to nothing' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: { etcd: ETCD, link: 'eth0' } })),
    [{ field: '--vip' }],
  );
  only(
    t,
    problemsOf(() => loadText('node: a')),
    [{ field: 'groups (a.yaml)' }, { field: 'etcd.endpoints (a.yaml)' }],
  );
  t.same(load({ flags: { etcd: ETCD }, groupsRequired: false }).config.groups, []);
});

await t.test('flags of a group beside groups in the file are refused', async (t) => {
  const text = `etcd: { endpoints: [${ETCD}] }\ngroups: [{ vips: [10.0.0.100] }]`;
  const run = (): Loaded =>
    loadText(text, { flags: { vip: '10.0.0.1' }, env: { VIP_ELECTOR_LINK: 'eth0' } });
  only(t, problemsOf(run), [
    { field: '--vip', problem: /beside the groups in a.yaml:2/ },
    { field: 'VIP_ELECTOR_LINK' },
  ]);
});

await t.test('values of the wrong kind are refused where they were given', async (t) => {
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, node: ['a', 'b'] } })),
    [{ field: '--node', problem: 'is given more than once' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, node: false } })),
    [{ field: '--no-node' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: MINIMAL, env: { VIP_ELECTOR_NODE: '' } })),
    [{ field: 'VIP_ELECTOR_NODE', problem: 'is set to nothing' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: MINIMAL, env: { VIP_ELECTOR_KEEP_ON_STOP: 'ja' } })),
    [{ field: 'VIP_ELECTOR_KEEP_ON_STOP', remedy: 'write true or false' }],
  );
  only(t, problemsOfText('keepOnStop: "true"'), [{ problem: 'is neither true nor false' }]);
  only(t, problemsOfText('listen:'), [{ problem: 'is empty' }]);
  only(t, problemsOfText('log: [a]'), [{ problem: 'is no mapping' }]);
  only(t, problemsOfText('groups: x'), [{ field: 'groups (a.yaml:1)', problem: 'is no list' }]);
});

await t.test('a file that is no mapping, no YAML or not there is refused as such', async (t) => {
  only(
    t,
    problemsOf(() => loadText('- a')),
    [{ field: 'a.yaml' }],
  );
  only(
    t,
    problemsOf(() => loadText('node: a\nnode: b')),
    [{ field: 'a.yaml:2' }],
  );
  only(
    t,
    problemsOf(() => loadText('a: [')),
    [{ problem: 'is no YAML' }],
  );
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdef'
    .split('')
    .map((key, i) => `${key}: &${key} [${`*${'abcde'[i]},`.repeat(9)}]`)
    .join('\n')}`;
  only(
    t,
    problemsOf(() => loadText(bomb)),
    [{ problem: 'cannot be unfolded' }],
  );
  const missing = join(t.testdir({}), 'none.yaml');
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, config: missing } })),
    [{ field: '--config', problem: 'cannot be read', remedy: /ENOENT/ }],
  );
});

await t.test('IPv6 VIPs and the profiles to come are refused with the reason', async (t) => {
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, vip: 'fd00::100' } })),
    [{ field: '--vip', problem: /IPv6 comes in a later release/ }],
  );
  for (const profile of ['steady', 'fast', 'adaptive']) {
    only(
      t,
      problemsOf(() => load({ flags: { ...MINIMAL, profile } })),
      [{ field: '--profile', value: profile, problem: /needs the millisecond fence/ }],
    );
  }
});

await t.test('timing is checked under the name that its author used', async (t) => {
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, 'hold-for': '3s' } })),
    [{ field: '--hold-for', value: '3s', remedy: 'the smallest value that works is 3.4s' }],
  );
  only(t, problemsOfText('announceEvery: 2m'), [{ field: 'announceEvery (a.yaml:1)' }]);
});

await t.test('groups stay apart: names, VIPs and elections', async (t) => {
  const a = 'name: a, vips: [10.0.0.100]';
  const b = 'name: b, vips: [10.0.0.101]';
  t.same(problemsOfGroups(a, b), []);
  only(t, problemsOfGroups(a, 'name: a, vips: [10.0.0.101]'), [
    { field: 'groups[1].name (a.yaml:3)' },
  ]);
  only(t, problemsOfGroups(a, 'name: b, vips: [10.0.0.100/24]'), [
    { field: 'groups[1].vips[0] (a.yaml:3)', problem: /10.0.0.100 a second time, after group a/ },
  ]);
  only(t, problemsOfGroups('name: a, vips: []'), [{ field: 'groups[0].vips (a.yaml:2)' }]);
  const key = (one: string, other: string): number =>
    problemsOfGroups(`${a}, electionKey: "${one}"`, `${b}, electionKey: "${other}"`).length;
  t.equal(key('talos:a', 'talos:b'), 0);
  t.equal(key('talos:a', 'talos:a'), 1);
  t.equal(key('/x', '/x/y'), 1);
  t.equal(key('/x', '/xy'), 0);
  t.equal(key('/vip-elector/elections/a', '/x'), 0);
  t.equal(key('/vip-elector/elections/b', '/x'), 1);
  t.equal(key('/vip-elector/nodes', '/x'), 1);
  t.equal(key('/vip-elector', '/x'), 1);
});

await t.test('an election key that is the default is none of its own', async (t) => {
  const flags = { ...MINIMAL, 'election-key': '/vip-elector/elections/default' };
  t.notOk('electionKey' in (load({ flags }).config.groups[0] ?? {}));
  const foreign = { ...MINIMAL, 'election-key': 'talos:x' };
  t.equal(load({ flags: foreign }).config.groups[0]?.electionKey, 'talos:x');
});

await t.test('limits of size hold', async (t) => {
  t.equal(load({ flags: { ...MINIMAL, vip: manyVips(1000) } }).config.groups[0]?.vips.length, 1000);
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, vip: manyVips(1001) } })),
    [{ problem: 'has 1001 entries' }],
  );
  t.same(problemsOfText(manyGroups(100)), []);
  only(t, problemsOfText(manyGroups(101)), [{ problem: 'has too many entries' }]);
});

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

await t.test('what config prints loads again as the same configuration', async (t) => {
  const first = load({
    flags: { ...MINIMAL, vip: ['10.0.0.100/24', '10.0.0.101'], link: 'end0,eth0' },
    env: { VIP_ELECTOR_HOLD_FOR: '3.5s', VIP_ELECTOR_LOG_FORMAT: 'json' },
  });
  const text = renderConfig(first);
  t.match(text, 'holdFor: 3.5s # VIP_ELECTOR_HOLD_FOR\n');
  t.match(text, 'link: [ end0, eth0 ] # --link\n');
  t.match(text, 'prefix: /vip-elector # default\n');
  const second = loadText(text);
  t.same(second.config, first.config);
  t.match(second.sources['holdFor'], /^a\.yaml:\d+$/);
});
