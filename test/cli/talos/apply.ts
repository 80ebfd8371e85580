import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { confirm } from '../../../src/cli/confirm.ts';
import { cli } from '../../fixtures/cli.ts';
import { StandIn } from '../../fixtures/talosctl/cluster.ts';

const PLANE = `machine: {type: controlplane}
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 10.4.0.9
link: end0
`;
const NODES = { a: '10.4.0.10', b: '10.4.0.11', d: '10.4.0.12', w: '10.4.0.13' };
const FAST = ['--yes', '--settle', '0s', '--every', '20ms', '--wait', '100ms'];

function rig(dir: string) {
  writeFileSync(
    join(dir, 'c.yaml'),
    `name: c
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: w, role: worker, address: 10.4.0.13}
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0}
  - {name: d, role: controlplane, address: 10.4.0.12, link: end0}
`,
  );
  const cluster = new StandIn(join(dir, 'cluster'));
  const configs = join(dir, 'configs');
  for (const [hostname, node] of Object.entries(NODES)) {
    cluster.say(node, { hostname, config: 'machine: {type: worker}\n' });
    const text = hostname === 'w' ? 'machine: {type: worker, x: 1}\n' : PLANE;
    writeFileSync(join(configs, `${hostname}.yaml`), text);
  }
  const talos = (name: string, ...args: string[]) =>
    cli(['talos', name, join(dir, 'c.yaml'), ...args], cluster.env);
  const applied = (): (string | undefined)[] =>
    cluster.calls.flatMap((line) => {
      const [, node] = /--nodes (\S+) apply-config/.exec(line) ?? [];
      return node === undefined ? [] : [Object.entries(NODES).find(([, at]) => at === node)?.[0]];
    });
  return { cluster, configs, talos, applied };
}

await t.test(
  'one after the other, stops at the first that is not well, goes on there',
  async (t) => {
    const dir = t.testdir({ cluster: {}, configs: {} });
    const { cluster, configs, talos, applied } = rig(dir);
    const sick = new StandIn(join(dir, 'sick'));
    sick.say(NODES.b, { hostname: 'b', ready: false });
    const status = join('10.4.0.11', 'get-machinestatus');
    cluster.on(NODES.b, 'apply', `cp ${sick.directory}/${status} ${cluster.directory}/${status}`);
    const first = await talos('apply', '--configs', configs, ...FAST);
    t.equal(first.code, 1, first.stdout);
    t.match(first.stderr, /b: after 0\.1 s: b is running, not ready \(nodeReady: .*goes on there/);
    t.strictSame(applied(), ['a', 'b']);
    t.equal(statSync(join(configs, '.applied.json')).mode & 0o777, 0o600);
    t.equal(readFileSync(join(configs, 'before', 'a.yaml'), 'utf8'), 'machine: {type: worker}\n');
    const still = await talos('apply', '--configs', configs, ...FAST);
    t.match(still, { code: 1, stderr: /b: b is running, not ready/ }, 'not even begun');
    cluster.on(NODES.b, 'apply', 'exit 0');
    cluster.say(NODES.b, { hostname: 'b', config: 'machine: {}\n' });
    const second = await talos('apply', '--configs', configs, ...FAST);
    t.equal(second.code, 0, second.stderr);
    t.match(
      second.stdout,
      /^a: done by an earlier run\nb: applied[^]*all 4 are done; next: .* verify/,
    );
    t.strictSame(applied(), ['a', 'b', 'b', 'd', 'w']);
    t.notOk(readdirSync(configs).includes('.applied.json'));
  },
);

await t.test(
  'nothing without a typed word; the dry run asks for none and changes none',
  async (t) => {
    const { configs, talos, applied, cluster } = rig(t.testdir({ cluster: {}, configs: {} }));
    const dry = await talos('apply', '--configs', configs, '--dry-run');
    t.match(dry, { code: 0, stdout: /w: Talos takes/ });
    t.equal(cluster.calls.filter((line) => !line.includes('--dry-run')).length, 0);
    t.equal(applied().length, 4);
    const said: string[] = [];
    const io = { stdout: () => undefined, stderr: (text: string) => void said.push(text), env: {} };
    const ask = (typed: string): Promise<void> =>
      confirm({ what: 'All of it.', word: 'pi', yes: false }, io, Readable.from([typed]));
    await ask('pi\n');
    for (const wrong of ['', 'y\n', 'yes\n', 'Pi\n']) {
      await t.rejects(ask(wrong), { exitCode: 2, message: /nothing was done: pi was not typed/ });
    }
    t.match(said.join(''), 'All of it.\nType pi to go on: ');
  },
);

await t.test(
  'files that are not for their machines are refused before anything is done',
  async (t) => {
    const { configs, talos, cluster } = rig(t.testdir({ cluster: {}, configs: {} }));
    const cases: [string, string, RegExp][] = [
      ['w', PLANE, /is for a controlplane, and w is a worker; nothing was done/],
      ['w', PLANE.replace('controlplane', 'worker'), /gives a worker the VIP 10\.4\.0\.9/],
      ['d', 'machine: {type: controlplane}', /has no VIP 10\.4\.0\.9/],
      ['d', 'x: 1', /is for a machine without type/],
    ];
    for (const [name, text, said] of cases) {
      const path = join(configs, `${name}.yaml`);
      const good = readFileSync(path, 'utf8');
      writeFileSync(path, text);
      t.match(await talos('apply', '--configs', configs, ...FAST), { code: 2, stderr: said });
      writeFileSync(path, good);
    }
    t.strictSame(cluster.calls, []);
  },
);

await t.test(
  'machines in maintenance take their first configuration; recover waits longer',
  async (t) => {
    const dir = t.testdir({ cluster: {}, configs: {} });
    const { cluster, configs, talos } = rig(dir);
    const later = new StandIn(join(dir, 'later'));
    for (const [hostname, node] of Object.entries(NODES)) {
      later.say(node, { hostname });
      cluster.maintenance(node);
      const at = `${cluster.directory}/${node}`;
      cluster.on(
        node,
        'apply',
        `cp ${later.directory}/${node}/get-* ${at}/; rm -f ${at}/maintenance`,
      );
    }
    const first = await talos('apply', '--configs', configs, '--insecure', ...FAST);
    t.equal(first.code, 0, first.stderr);
    t.match(first.stdout, 'next: vip-elector talos bootstrap-plan');
    const applies = cluster.calls.filter((line) => line.includes('apply-config'));
    t.ok(applies.length === 4 && applies.every((line) => line.includes('--insecure')));
    const config = ['--config', join(configs, 'b.yaml'), '--every', '20ms', '--yes'];
    const running = await talos('recover', 'b', ...config);
    t.match(running, {
      code: 3,
      stderr: /b: is running\. It is not in maintenance mode[^]*5\. Run/,
    });
    cluster.maintenance(NODES.b);
    const at = `${cluster.directory}/${NODES.b}`;
    cluster.on(NODES.b, 'apply', `cp ${later.directory}/${NODES.b}/get-* ${at}/`);
    const back = await talos('recover', 'b', ...config);
    t.match(back, { code: 0, stdout: /b: in service/ }, back.stderr);
    t.match(cluster.calls.at(-1), /--nodes 10\.4\.0\.11 health --wait-timeout 2m/);
    cluster.on(NODES.b, 'health', 'echo "etcd is ill" >&2; exit 1');
    cluster.maintenance(NODES.b);
    cluster.on(NODES.b, 'apply', `cp ${later.directory}/${NODES.b}/get-* ${at}/`);
    cluster.on(NODES.b, 'health', 'echo "etcd is ill" >&2; exit 1');
    t.match(await talos('recover', 'b', ...config), { code: 1, stderr: /etcd is ill/ });
    t.match(await talos('recover', 'z', ...config), { code: 2, stderr: /z is no node/ });
  },
);
