import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cli } from '../../fixtures/cli.ts';

const INVENTORY = `name: c
talosVersion: v1.12.3
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0}
  - {name: d, role: controlplane, address: 10.4.0.12, link: end0}
`;

const talos = (args: readonly string[], env: Record<string, string> = {}) =>
  cli(['talos', ...args], env);

await t.test('plans are printed as a checklist or as JSON', async (t) => {
  const dir = t.testdir({
    'c.yaml': INVENTORY,
    'p.yaml': 'phases: [{title: Flux, minutes: 20, steps: [deployed]}]',
  });
  const file = join(dir, 'c.yaml');
  for (const name of ['plan', 'bootstrap-plan', 'reset-plan']) {
    const { code, stdout, stderr } = await talos([name, file]);
    t.equal(code, 0, stderr);
    t.match(stdout, /^# c: .*\n\n[^]*- \[ \] [^]*\| \| \*\*all\*\*/);
  }
  const json = await talos(['plan', file, '--phases', join(dir, 'p.yaml'), '--json']);
  t.match(JSON.parse(json.stdout), { minutes: 59, phases: [{ id: 'prepare' }] });
  const wrong = await talos(['plan', file, '--way', 'sideways']);
  t.equal(wrong.code, 2);
});

await t.test(
  'migrate writes the patches of its stages, and only into a new directory',
  async (t) => {
    const dir = t.testdir({ 'c.yaml': INVENTORY });
    const out = join(dir, 'out');
    const args = ['migrate', join(dir, 'c.yaml'), '--from', 'none', '--out', out];
    const { code, stdout, stderr } = await talos(args);
    t.equal(code, 0, stderr);
    t.match(stdout, `--patch @${out}/1-names-a.yaml`);
    t.equal(readdirSync(out).length, 6);
    t.equal(statSync(join(out, '1-names-a.yaml')).mode & 0o777, 0o600);
    const again = await talos(args);
    t.match(again, { code: 2, stdout: '', stderr: /is not empty/ });
  },
);

await t.test('copies are beside their originals, 0600, and nothing is overwritten', async (t) => {
  const dir = t.testdir({ kube: 'kubeconfig', talos: 'talosconfig', d: { e: { f: 'secret' } } });
  const env = { KUBECONFIG: join(dir, 'kube'), TALOSCONFIG: join(dir, 'talos'), HOME: dir };
  const { code, stdout, stderr } = await talos(['backup', join(dir, 'd')], env);
  t.equal(code, 0, stderr);
  const copies = [...stdout.matchAll(/copied to (\S+) \(sha256 [0-9a-f]{64}\)/g)];
  t.equal(copies.length, 3);
  const [kube = '', , tree = ''] = copies.map(([, copy]) => copy ?? '');
  t.match(kube, /kube\.bak-\d{4}-\d\d-\d\dT/);
  t.equal(readFileSync(kube, 'utf8'), 'kubeconfig');
  t.equal(readFileSync(join(tree, 'e', 'f'), 'utf8'), 'secret');
  t.equal(statSync(join(tree, 'e', 'f')).mode & 0o777, 0o600);
  t.match(await talos(['backup'], { HOME: join(dir, 'd') }), { code: 2, stderr: /neither/ });
  t.match(await talos(['backup', join(dir, 'none')], env), { code: 1, stderr: /cannot copy/ });
});

await t.test('promote: the new one in, the old one kept; a failure changes nothing', async (t) => {
  const dir = t.testdir({ now: { 'a.yaml': 'old' }, next: { 'a.yaml': 'new' }, empty: {} });
  const at = (name: string): string => join(dir, name);
  const { code, stdout, stderr } = await talos(['promote', at('next'), '--as', at('now')]);
  t.equal(code, 0, stderr);
  const kept = /kept as (\S+)/.exec(stdout)?.[1] ?? '';
  t.equal(readFileSync(join(at('now'), 'a.yaml'), 'utf8'), 'new');
  t.equal(readFileSync(join(kept, 'a.yaml'), 'utf8'), 'old');
  t.equal(statSync(at('now')).mode & 0o777, 0o700);
  t.match(await talos(['promote', at('empty'), '--as', at('now')]), { code: 2, stderr: /no file/ });
  // Into itself: the second rename fails, and the first is undone.
  mkdirSync(join(at('now'), 'inner'));
  writeFileSync(join(at('now'), 'inner', 'x'), 'x');
  const inner = await talos(['promote', join(at('now'), 'inner'), '--as', at('now')]);
  t.match(inner, { code: 1, stderr: /cannot rename/ });
  t.equal(readFileSync(join(at('now'), 'a.yaml'), 'utf8'), 'new');
});
