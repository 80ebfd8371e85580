import { readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { Program } from '../../fixtures/program.ts';

const TALCONFIG = `clusterName: goldentooth
talosVersion: v1.12.3
endpoint: https://10.4.0.9:6443
nodes:
  - {hostname: allyrion, ipAddress: 10.4.0.10, controlPlane: true}
  - {hostname: dalt, ipAddress: 10.4.0.13}
controlPlane:
  patches:
    - 'machine: {network: {interfaces: [{interface: end0, dhcp: true, vip: {ip: 10.4.0.9}}]}}'
`;

async function talos(...args: string[]) {
  return talosIn({}, ...args);
}

async function talosIn(env: Record<string, string>, ...args: string[]) {
  await using program = new Program(['talos', ...args], { env });
  const { code } = await program.end();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

await t.test('import, inventory and render: the built commands, one after the other', async (t) => {
  const dir = t.testdir({ 'talconfig.yaml': TALCONFIG });
  const file = `${dir}/cluster.yaml`;
  const made = await talos('import', `${dir}/talconfig.yaml`, '--out', file);
  t.strictSame(made, { code: 0, stdout: '', stderr: '' });
  t.equal(statSync(file).mode & 0o777, 0o600);

  const shown = await talos('inventory', file);
  t.strictSame(shown, { code: 0, stdout: readFileSync(file, 'utf8'), stderr: '' });

  const rendered = await talos('render', file);
  t.equal(rendered.code, 0);
  t.match(rendered.stdout, /# allyrion-00-vip\.yaml\n[^]*kind: Layer2VIPConfig\nname: 10\.4\.0\.9/);
  t.match(rendered.stderr, /warning: one control plane: the VIP has nowhere to move/);

  const again = await talos('import', `${dir}/talconfig.yaml`, '--out', file);
  t.match(again, { code: 2, stdout: '', stderr: /cluster\.yaml": is there; name a new file/ });
});

await t.test('the environment, the form of a file, other forms', async (t) => {
  const dir = t.testdir({
    'cluster.yaml':
      'name: c\nendpoint: {mode: talosvip}\nvips: [10.0.0.9]\nvipLink: end0\ndnsName: cp.x.net\n' +
      'nodes: [{name: a, role: controlplane, address: 10.0.0.10, dhcp: true}]\n',
    'controlplane.yaml':
      'machine: {type: controlplane, network: {interfaces: [{interface: end0}]}}\n' +
      "cluster: {controlPlane: {endpoint: 'https://10.0.0.10:6443'}}\n",
  });
  const file = `${dir}/cluster.yaml`;
  const strict = await talosIn({ ENDPOINT_MODE: 'none' }, 'endpoint', file);
  t.match(strict, { code: 2, stdout: '', stderr: /vips are not used by the mode none/ });
  const lenient = await talosIn({ ENDPOINT_MODE: 'none' }, 'endpoint', file, '--lenient');
  t.match(JSON.parse(lenient.stdout), { mode: 'none', talosEndpoints: ['10.0.0.10'], vips: [] });

  const out = `${dir}/out`;
  const legacy = await talos('render', file, '--for', `${dir}/controlplane.yaml`, '--out', out);
  t.match(legacy, {
    code: 0,
    stdout: '',
    stderr: /endpoint changes from https:\/\/10\.0\.0\.10:6443/,
  });
  t.match(readFileSync(`${out}/a-00-vip.yaml`, 'utf8'), /interface: end0\n *dhcp: true\n *vip:/);

  const dns = await talos('render', file, '--as', 'terraform', '--zone-id', 'local.zone_id');
  t.match(dns.stdout, /records = \["10\.0\.0\.9"\]/);
});

await t.test('pool: shown with 5, written, and left alone where it is right', async (t) => {
  const shared =
    'sharedIp: {namespace: n, clusterIdentifier: c, datacenterIdentifier: d, provider: p, ' +
    'supervisorIdentifier: s, networkNamespaceIdentifier: nns}';
  const dir = t.testdir({
    'cluster.yaml':
      `name: c\nendpoint: {mode: networkconfiguration, ${shared}}\n` +
      'nodes: [{name: a, role: controlplane, address: 10.0.0.10}]\n',
  });
  const made = await talos('pool', 'render', `${dir}/cluster.yaml`);
  const file = `${dir}/lb.yaml`;
  writeFileSync(file, made.stdout.replace('10.0.0.10', '10.0.0.99'));
  const sync = ['pool', 'sync', `${dir}/cluster.yaml`, '--file', file];
  const diff = await talos(...sync, '--diff');
  t.match(diff, { code: 5, stdout: /\n-.*10\.0\.0\.99\n\+.*10\.0\.0\.10\n/, stderr: '' });
  t.match(await talos(...sync), { code: 0, stdout: /written; before: .*lb\.yaml\.bak-/ });
  t.equal(readFileSync(file, 'utf8'), made.stdout);
  t.match(await talos(...sync), { code: 0, stdout: /as it was/ });
});

await t.test('what is wrong is said in a line, with 2', async (t) => {
  const dir = t.testdir({ 'cluster.yaml': 'name: c\nnodes: []\n' });
  for (const command of ['inventory', 'render']) {
    const said = await talos(command, `${dir}/cluster.yaml`);
    t.match(said, { code: 2, stdout: '', stderr: /inventory refused:\n.*cluster\.yaml:2:8 nodes/ });
    t.notMatch(said.stderr, /\n\s+at /);
  }
  t.match(await talos('import', `${dir}/none.yaml`), { code: 2, stderr: /cannot be read/ });
});
