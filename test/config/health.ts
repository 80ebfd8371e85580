// What tells whether a node should hold a group, as an operator writes it.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CertificateAuthority } from '../fixtures/certificates.ts';
import { load, MINIMAL, only, problemsOf, problemsOfGroups } from '../fixtures/loading.ts';

const HERE = 'vips: [10.0.0.100]';

await t.test('probes by flags; what is not said has its default', (t) => {
  const flags = { ...MINIMAL, health: 'http://127.0.0.1/up,tcp://[::1]:80', 'health-fall': '5' };
  const { config, sources } = load({ flags });
  t.strictSame(config.groups[0]?.health, {
    probes: [
      { text: 'http://127.0.0.1/up', kind: 'http', url: 'http://127.0.0.1/up' },
      { text: 'tcp://[::1]:80', kind: 'tcp', host: '::1', port: 80 },
    ],
    everyMs: 2000,
    timeoutMs: 1000,
    fall: 5,
    rise: 2,
  });
  t.equal(sources['groups[0].health.fall'], '--health-fall');
  t.equal(sources['groups[0].health.every'], 'default');
  t.equal(load({ flags: MINIMAL }).config.groups[0]?.health, undefined);
  t.end();
});

await t.test('the API server of this node is a preset, with its CA and its name', (t) => {
  const { caFile } = new CertificateAuthority(t.testdir({}), 'kubernetes');
  const { config } = load({ flags: { ...MINIMAL, health: 'kubernetes', 'health-ca': caFile } });
  const [probe] = config.groups[0]?.health?.probes ?? [undefined];
  t.match(probe, {
    kind: 'http',
    url: 'https://127.0.0.1:6443/livez',
    serverName: 'kubernetes',
    caFile,
  });
  t.end();
});

await t.test('what can be no probe is refused with what would be one', (t) => {
  const cases = {
    '127.0.0.1:6443/livez': { problem: 'has no scheme', remedy: /http:\/\/127.0.0.1:6443\/livez/ },
    'localhost:80': { problem: 'has no scheme' },
    'ftp://x/': { problem: 'is no probe' },
    'https://': { problem: 'is no URL' },
    'http:10.0.0.1': { problem: 'is no URL' },
    'https://u:p@x/': { problem: 'contains a user or password' },
    'tcp://10.0.0.1': { problem: 'names no port' },
    'tcp://10.0.0.1:80/x': { problem: 'has something behind its port' },
    'arp:gateway': { problem: 'names no IPv4 address' },
    'exec:check.sh': { problem: 'is no absolute path' },
  };
  for (const [probe, expected] of Object.entries(cases)) {
    const found = problemsOf(() => load({ flags: { ...MINIMAL, health: probe } }));
    only(t, found, [{ field: '--health', ...expected }]);
  }
  t.notMatch(
    JSON.stringify(
      problemsOf(() => load({ flags: { ...MINIMAL, health: 'https://u:secret@x/' } })),
    ),
    /secret/,
  );
  t.end();
});

await t.test('a program or a CA that is not there is refused', (t) => {
  const dir = t.testdir({ text: 'no program' });
  chmodSync(join(dir, 'text'), 0o644);
  const exec = problemsOf(() =>
    load({ flags: { ...MINIMAL, health: `exec:${join(dir, 'text')}` } }),
  );
  only(t, exec, [{ field: '--health', problem: 'cannot be executed' }]);
  const flags = { ...MINIMAL, health: 'https://x/', 'health-ca': join(dir, 'none') };
  only(
    t,
    problemsOf(() => load({ flags })),
    [{ field: '--health-ca', problem: /cannot be read/, remedy: /ENOENT/ }],
  );
  const broken = { ...flags, 'health-ca': join(dir, 'text') };
  only(
    t,
    problemsOf(() => load({ flags: broken })),
    [{ field: '--health-ca', problem: /no certificate/ }],
  );
  t.end();
});

await t.test('numbers and durations out of range are refused by name and bounds', (t) => {
  const probes = 'health: { probes: ["tcp://10.0.0.1:1"]';
  const cases: Record<string, { field: RegExp; problem: string; remedy: string | RegExp }> = {
    'weight: 101': {
      field: /groups\[0\].weight/,
      problem: 'is outside 0 to 100',
      remedy: 'write a whole number from 0 to 100',
    },
    'weight: -1': { field: /weight/, problem: 'is outside 0 to 100', remedy: /0 to 100/ },
    'weight: 1.5': { field: /weight/, problem: 'is no whole number', remedy: /0 to 100/ },
    'preemptAfter: 10ms': { field: /preemptAfter/, problem: 'is too short', remedy: /1s/ },
    [`${probes}, every: 100ms }`]: { field: /every/, problem: 'is too short', remedy: /200ms/ },
    [`${probes}, every: 5 }`]: { field: /every/, problem: /unit/ as never, remedy: /5s/ },
    [`${probes}, timeout: 2m }`]: { field: /timeout/, problem: 'is too long', remedy: /1m/ },
    [`${probes}, fall: 0 }`]: { field: /fall/, problem: 'is outside 1 to 100', remedy: /1 to/ },
    [`${probes}, raise: 1 }`]: { field: /raise/, problem: /no field/ as never, remedy: /rise/ },
  };
  for (const [item, expected] of Object.entries(cases)) {
    only(t, problemsOfGroups(`${HERE}, ${item}`), [expected]);
  }
  t.end();
});

await t.test('preference: a weight of 50, and no preemption unless told', (t) => {
  const [usual] = load({ flags: MINIMAL }).config.groups;
  t.equal(usual?.weight, 50);
  t.notOk('preemptAfterMs' in (usual ?? {}));
  const [told] = load({ flags: { ...MINIMAL, weight: '90', preempt: true } }).config.groups;
  t.match(told, { weight: 90, preemptAfterMs: 30_000 });
  t.end();
});
