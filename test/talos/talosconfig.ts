import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lintContext } from '../../src/talos/talosconfig.ts';
import { cli } from '../fixtures/cli.ts';

const CONFIG = `context: c
contexts:
  c:
    endpoints: [10.4.0.9, 10.4.0.10]
    nodes: [10.4.0.9]
    ca: dGVzdC1vbmx5 # kept
    key: dGVzdC1vbmx5LWtleQ==
`;
const INVENTORY = `name: c
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0}
  - {name: d, role: controlplane, address: 10.4.0.12, link: end0}
`;

await t.test('a VIP among the endpoints is found, and --fix puts the nodes in', async (t) => {
  const dir = t.testdir({ talosconfig: CONFIG, 'c.yaml': INVENTORY });
  const path = join(dir, 'talosconfig');
  chmodSync(path, 0o644);
  const args = ['talos', 'lint-talosconfig', path, '--inventory', join(dir, 'c.yaml')];
  const found = await cli(args);
  t.equal(found.code, 3, found.stderr);
  t.match(
    found.stdout,
    /fail +context c +endpoint 10\.4\.0\.9 is the VIP: Talos cannot be reached/,
  );
  t.match(found.stdout, /warn +context c +node 10\.4\.0\.9 is a VIP[^]*others may read it/);
  t.match(await cli([...args, '--allow-vip-talos-endpoint']), { code: 0, stdout: /warn/ });
  const fixed = await cli([...args, '--fix']);
  t.equal(fixed.code, 0, fixed.stdout);
  const text = readFileSync(path, 'utf8');
  t.match(text, /endpoints:\s+(- |\[ ?)10\.4\.0\.10[^]*10\.4\.0\.12/);
  t.notMatch(text, /10\.4\.0\.9/);
  t.match(text, 'ca: dGVzdC1vbmx5 # kept\n    key: dGVzdC1vbmx5LWtleQ==\n');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.match(fixed.stderr, /before: \S+\.bak-/);
  t.notMatch(`${found.stdout}${fixed.stdout}${fixed.stderr}`, /dGVzdC1/);
});

const resolve = async (name: string): Promise<string[]> =>
  name === 'cp.example.net' ? ['10.4.0.9'] : [];

await t.test('names are resolved; ports, schemes and IPv6 are read', async (t) => {
  const options = { vips: ['10.4.0.9', 'fd00::9'], planes: [], allowVip: false, resolve };
  const lint = async (...endpoints: string[]) =>
    (await lintContext({ name: 'c', endpoints, nodes: [] }, options)).map(({ detail }) => detail);
  t.match(await lint('cp.example.net'), [/cp\.example\.net is the VIP 10\.4\.0\.9/]);
  t.match(await lint('10.4.0.9:50000'), [/is the VIP/]);
  t.match(await lint('https://[FD00:0::9]:50000'), [/is the VIP fd00::9/]);
  t.match(await lint('10.4.0.90', 'other.example.net'), [/^endpoints /]);
  t.match(await lint(), [/has no endpoints/]);
});

await t.test('what is missing or none is refused', async (t) => {
  const dir = t.testdir({ talosconfig: CONFIG, none: 'key: dGVzdC1vbmx5' });
  const lint = (...args: string[]) => cli(['talos', 'lint-talosconfig', ...args], { HOME: dir });
  const path = join(dir, 'talosconfig');
  t.match(await lint(path), { code: 2, stderr: /--vip is missing/ });
  t.match(await lint(path, '--vip', '10.4.0.9', '--fix'), { code: 2, stderr: /--fix needs/ });
  t.match(await lint(path, '--vip', '10.4'), { code: 2, stderr: /--vip = "10\.4"/ });
  const none = await lint(join(dir, 'none'), '--vip', '10.4.0.9');
  t.match(none, { code: 2, stderr: /is no talosconfig/ });
  t.match(await lint('--vip', '10.4.0.9'), { code: 2, stderr: /cannot read .*\.talos\/config/ });
});
