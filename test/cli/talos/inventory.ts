import { readFileSync, statSync } from 'node:fs';
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
  await using program = new Program(['talos', ...args]);
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

await t.test('what is wrong is said in a line, with 2', async (t) => {
  const dir = t.testdir({ 'cluster.yaml': 'name: c\nnodes: []\n' });
  for (const command of ['inventory', 'render']) {
    const said = await talos(command, `${dir}/cluster.yaml`);
    t.match(said, { code: 2, stdout: '', stderr: /inventory refused:\n.*cluster\.yaml:2:8 nodes/ });
    t.notMatch(said.stderr, /\n\s+at /);
  }
  t.match(await talos('import', `${dir}/none.yaml`), { code: 2, stderr: /cannot be read/ });
});
