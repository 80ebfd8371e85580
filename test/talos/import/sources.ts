import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { OperatorError } from '../../../src/errors.ts';
import type { GivenSource } from '../../../src/talos/import/sources.ts';
import { importSources, parseNamedNode } from '../../../src/talos/import/sources.ts';
import { writeInventory } from '../../../src/talos/inventory/write.ts';

interface Options {
  readonly nodes?: string[];
  readonly lenient?: boolean;
}

async function imported(files: Record<string, string>, options: Options = {}) {
  const given: GivenSource[] = Object.entries(files).map(([name, text]) => ({ name, text }));
  const { inventory, notes } = await importSources(given, {
    nodes: (options.nodes ?? []).map(parseNamedNode),
    strategy: 'before-workers',
    lenient: options.lenient ?? false,
  });
  return { inventory, notes: notes.join('\n'), text: writeInventory(inventory) };
}

async function refusal(files: Record<string, string>, options: Options = {}): Promise<string> {
  try {
    await imported(files, options);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  return 'accepted';
}

/** The configuration that S1 ends with. */
const TALCONFIG = `clusterName: goldentooth
talosVersion: v1.12.3
kubernetesVersion: v1.34.0
endpoint: https://cp.k8s.goldentooth.net:6443
additionalApiServerCertSans:
  - 10.4.0.9  # VIP address
  - 10.4.0.10
  - 10.4.0.11
  - cp.k8s.goldentooth.net
  - alias.goldentooth.net
nodes:
  - hostname: allyrion
    ipAddress: 10.4.0.10
    controlPlane: true
    installDisk: /dev/sda
  - hostname: bettley
    ipAddress: 10.4.0.11
    controlPlane: true
  - hostname: dalt
    ipAddress: 10.4.0.13
    networkInterfaces:
      - interface: end0
        mtu: 9000
controlPlane:
  patches:
    - |-
      machine:
        network:
          interfaces:
            - interface: end0  # Not eth0!
              dhcp: true
              vip:
                ip: 10.4.0.9
    - 'cluster: {allowSchedulingOnControlPlanes: true}'
patches:
  - 'machine: {kubelet: {extraArgs: {v: "2"}}}'
`;

await t.test('a talconfig: the VIP leaves its patch, nothing else is lost', async (t) => {
  const { text, notes } = await imported({ 'talconfig.yaml': TALCONFIG });
  t.equal(notes, '');
  t.equal(
    text,
    `name: goldentooth
talosVersion: v1.12.3
kubernetesVersion: v1.34.0
dnsName: cp.k8s.goldentooth.net
endpoint:
  mode: talosvip
vips:
  - 10.4.0.9
vipLink: end0
certSans:
  - alias.goldentooth.net
nodes:
  - name: allyrion
    role: controlplane
    address: 10.4.0.10
    dhcp: true
    patches:
      - 'machine: {kubelet: {extraArgs: {v: "2"}}}'
  - name: bettley
    role: controlplane
    address: 10.4.0.11
    dhcp: true
    patches:
      - 'machine: {kubelet: {extraArgs: {v: "2"}}}'
  - name: dalt
    role: worker
    address: 10.4.0.13
    patches:
      - |
        machine:
          network:
            interfaces:
              - interface: end0
                mtu: 9000
      - 'machine: {kubelet: {extraArgs: {v: "2"}}}'
patches:
  controlplane:
    - "cluster: {allowSchedulingOnControlPlanes: true}"
`,
  );
});

await t.test('a talconfig: a machine has its own link, address or MAC', async (t) => {
  const own = TALCONFIG.replace(
    'installDisk: /dev/sda',
    `networkInterfaces:
      - deviceSelector: {hardwareAddr: 00-1A-2B-3C-4D-5E}
        addresses: [10.4.0.10/24]
        vip: {ip: 10.4.0.9}`,
  );
  const { inventory } = await imported({ 't.yaml': own });
  const [first] = inventory.machines;
  t.match(first, { mac: '00:1a:2b:3c:4d:5e' });
  t.equal(first?.dhcp, false, 'the address comes from the patch that is left');
  t.match(first?.patches[0], { text: /addresses:\n *- 10\.4\.0\.10\/24\n/ });
  t.notMatch(JSON.stringify(first?.patches), /vip/);
});

await t.test('a talconfig: what an inventory cannot say is refused by line', async (t) => {
  const cases: [string | RegExp, string, RegExp][] = [
    [
      'ipAddress: 10.4.0.11',
      'ipAddress: 10.4.0.300',
      /t\.yaml:17:16 nodes\[1\]\.ipAddress .*no IP/,
    ],
    [
      'ip: 10.4.0.9',
      'ip: 10.4.0.9\n                hcloud: {apiToken: x}',
      /hcloud moves this VIP/,
    ],
    ['net:6443', 'net:8443', /endpoint = "https:.*8443": has the port 8443, which only the mode c/],
    [
      'hostname: bettley',
      'hostname: allyrion',
      /nodes\[1\]\.ipAddress = .* but t\.yaml:13:16 nodes/,
    ],
    [
      'controlPlane: true',
      'controlPlane: "yes"',
      /controlPlane = "yes": is neither true nor false/,
    ],
    ['nodes:', 'nods:', /t\.yaml: is none of/],
  ];
  for (const [good, bad, message] of cases) {
    t.match(await refusal({ 't.yaml': TALCONFIG.replace(good, bad) }), message);
  }
});

const TFVARS = `# the module's variables
cluster = {
  name           = "talos-cluster"
  datastore      = "local-lvm"
  ip_base_offset = 10
  config_patches = [file("\${path.module}/disk.yaml"), <<-EOT
    machine:
      sysctls: {net.core.somaxconn: "65535"}
    EOT
  ]
}
image = { version = "v1.10.4", extensions = ["qemu-guest-agent"] }
network = {
  cidr        = "10.10.100.0/24"
  gateway     = "10.10.100.1"
  dns_servers = ["1.1.1.1"]
}
controlplane = {
  count = 3
  specs = { cpu = 2, memory = 4096 * 2, disk = 50 }
  overrides = { "controlplane-2" = { network = { ip_address = "10.10.100.150" } } }
}
worker = {
  count = 1
  specs = { ip_offset = 10 }
}
`;

await t.test('tfvars: machines and VIP where the module puts them', async (t) => {
  const { inventory, notes } = await imported({ '/m/terraform.tfvars': TFVARS });
  t.strictSame(
    inventory.machines.map(({ name, role, address }) => [name, role, address]),
    [
      ['controlplane-1', 'controlplane', '10.10.100.10'],
      ['controlplane-2', 'controlplane', '10.10.100.150'],
      ['controlplane-3', 'controlplane', '10.10.100.12'],
      ['worker-1', 'worker', '10.10.100.20'],
    ],
  );
  t.match(inventory, {
    name: 'talos-cluster',
    talosVersion: { minor: 10, patch: 4 },
    vips: ['10.10.100.19'],
    vipLink: 'eth0',
    endpoint: { mode: 'talosvip' },
    network: { gateway: '10.10.100.1', dns: ['1.1.1.1'] },
    patches: { all: [{ file: '/m/disk.yaml' }, { text: 'machine:\n  sysctls: {net.' }] },
  });
  t.match(notes, /the VIP goes to eth0; see that/);
});

await t.test('tfvars: a call of the module, JSON, one control plane, wrong numbers', async (t) => {
  const body = TFVARS.replace('datastore      = "local-lvm"', 'ha_vip = "10.10.100.50"');
  const call = `module "k8s" {\n source = "git::https://x"\n${body}}\n`;
  t.strictSame((await imported({ 'main.tf': call })).inventory.vips, ['10.10.100.50']);
  const one = TFVARS.replace('count = 3', 'count = 1').replace('controlplane-2', 'controlplane-1');
  t.match((await imported({ 'a.tfvars': one })).inventory, {
    vips: [],
    endpoint: { mode: 'none' },
  });
  const json = {
    cluster: { name: 'c' },
    network: { cidr: '10.0.0.0/24' },
    controlplane: { count: 3 },
  };
  const fromJson = await imported({ 'c.json': JSON.stringify(json) });
  t.strictSame(fromJson.inventory.vips, ['10.0.0.19']);
  const cases: [string, string, RegExp][] = [
    ['10.10.100.150', '10.10.100.19', /VIP 10\.10\.100\.19 is that of something else/],
    ['count = 3', 'count = var.n', /a\.tfvars:19:11 controlplane\.count: is an expression; write/],
    ['ip_offset = 10', 'ip_offset = 2', /3 control planes reach the workers/],
    ['"talos-cluster"', '"talos-cluster', /a\.tfvars:3:20: a text does not end/],
    ['controlplane-2', 'controlplane-9', /controlplane-9" = .*|is none of the 3 machines/],
    ['count = 3', 'count = 3\n  count = 4', /a\.tfvars:20:3: count is there twice/],
  ];
  for (const [good, bad, message] of cases) {
    t.match(await refusal({ 'a.tfvars': TFVARS.replace(good, bad) }), message, bad);
  }
});

const NODES = { nodes: ['a=10.0.0.10=controlplane', 'b=10.0.0.11=controlplane'] };
const NAME = 'version: v1alpha1\ncluster: {clusterName: c}\n';

await t.test("the operator's Helm values, in both spellings, strict and lenient", async (t) => {
  const custom = { 'v.yaml': 'endpointMode: custom\ncustomEndpoint: "lb1:8443, lb2"\n', n: NAME };
  t.match((await imported(custom, NODES)).inventory.endpoint, {
    mode: 'custom',
    custom: [
      { host: 'lb1', port: 8443 },
      { host: 'lb2', port: 6443 },
    ],
  });
  const other = await imported({ 'v.yaml': 'config: {endpointMode: none}\n', n: NAME }, NODES);
  t.equal(other.inventory.endpoint.mode, 'none');
  t.match(other.notes, /chart itself reads endpointMode at the top level/);
  const both = 'endpointMode: none\nconfig: {endpointMode: custom}\n';
  t.match(
    await refusal({ 'v.yaml': both, n: NAME }, NODES),
    /v\.yaml:1:15 endpointMode = "none", but/,
  );
  const wrong = { 'v.yaml': 'endpointMode: TalosVIP\n', n: NAME };
  t.match(await refusal(wrong, NODES), /"TalosVIP": is no endpoint mode; write talosvip/);
  const lenient = await imported(wrong, { ...NODES, lenient: true });
  t.equal(lenient.inventory.endpoint.mode, 'networkconfiguration');
  t.match(lenient.notes, /Invalid endpoint mode 'TalosVIP', falling back to default/);
});

await t.test("a tenant's ConfigMap: the VIP for control planes, the rest for all", async (t) => {
  const map = `apiVersion: v1
kind: ConfigMap
data:
  config.yaml: |
    machine:
      kubelet: {extraArgs: {v: "2"}}
      network:
        interfaces:
          - interface: eth0
            vip: {ip: 10.0.0.100}
    ---
    apiVersion: v1alpha1
    kind: ResolverConfig
    nameservers: [{address: 10.0.0.53}]
`;
  const helm = 'endpointMode: talosvip\n';
  const { inventory, text } = await imported({ 'v.yaml': helm, 'm.yaml': map, n: NAME }, NODES);
  t.match(inventory, { vips: ['10.0.0.100'], vipLink: 'eth0', endpoint: { mode: 'talosvip' } });
  t.equal(inventory.machines[0]?.dhcp, undefined, 'not said: a legacy entry will be refused');
  t.match(text, /ResolverConfig/);
  t.notMatch(text, /vip:|interfaces/);
  const alias = map.replace(/ {6}network:[^]*10\.0\.0\.100}\n/, '').concat(`    ---
    apiVersion: v1alpha1
    kind: LinkAliasConfig
    name: net0
    selector: {match: 'mac(link.permanent_addr) == "#MACADDRESS#"'}
    ---
    apiVersion: v1alpha1
    kind: Layer2VIPConfig
    name: 10.0.0.100
    link: net0
`);
  const documents = await imported({ 'm.yaml': alias, n: NAME }, NODES);
  t.match(documents.inventory, { vips: ['10.0.0.100'], endpoint: { mode: 'talosvip' } });
  t.notMatch(documents.text, /LinkAlias/);
  t.match(documents.notes, /give every control plane its mac/);
});

const cr = (phase: string): string =>
  `apiVersion: vitistack.io/v1alpha1\nkind: ControlPlaneVirtualSharedIP\n` +
  `status: {phase: ${phase}, loadBalancerIps: [10.0.0.50]}\n`;

await t.test('a ControlPlaneVirtualSharedIP gives its addresses once it is ready', async (t) => {
  const { inventory } = await imported({ cr: cr('Ready'), n: NAME }, NODES);
  t.match(inventory.endpoint, { mode: 'networkconfiguration', loadBalancerIps: ['10.0.0.50'] });
  t.match(await refusal({ cr: cr('Pending'), n: NAME }, NODES), /is not ready \(phase Pending/);
});

// Made up for this test: secrets of no cluster.
const PLANE = `version: v1alpha1
machine:
  type: controlplane
  token: test0.onlytoken0
  install: {image: 'ghcr.io/siderolabs/installer:v1.11.5'}
  kubelet: {image: 'ghcr.io/siderolabs/kubelet:v1.33.1'}
  network:
    interfaces:
      - interface: bond0
        dhcp: true
        vlans: [{vlanId: 100, dhcp: true, vip: {ip: 10.0.0.9}}]
cluster:
  clusterName: c
  secret: dGVzdC1vbmx5
  controlPlane: {endpoint: 'https://10.0.0.9:6443'}
  apiServer: {certSANs: [10.0.0.9, cp.example.net]}
  network: {podSubnets: [10.244.0.0/16], serviceSubnets: [10.96.0.0/12]}
`;

await t.test('machine configurations: cluster, machines and VIP, never a secret', async (t) => {
  const worker = PLANE.replace('controlplane', 'worker').replace(
    / {2}network:\n[^]*?cluster:/,
    'cluster:',
  );
  const files = { 'cp.yaml': PLANE, 'w.yaml': worker };
  const nodes = ['a=10.0.0.10=cp.yaml', 'w=10.0.0.20=w.yaml'];
  const { inventory, text } = await imported(files, { nodes });
  t.match(inventory, {
    name: 'c',
    talosVersion: { minor: 11, patch: 5 },
    kubernetesVersion: 'v1.33.1',
    endpoint: { mode: 'talosvip' },
    vips: ['10.0.0.9'],
    certSans: ['cp.example.net'],
    machines: [
      { name: 'a', role: 'controlplane', link: 'bond0', vlan: 100, dhcp: true },
      { name: 'w', role: 'worker' },
    ],
  });
  t.notMatch(text, /token0|dGVzdC1vbmx5/);
  const other = { 'cp.yaml': PLANE, 'w.yaml': worker.replace('9:6443', '8:6443') };
  t.match(
    await refusal(other, { nodes }),
    /w\.yaml:\d+:\d+ cluster\.controlPlane\.endpoint = "https:\/\/10\.0\.0\.8:6443", but cp\.yaml/,
  );
  t.match(await refusal({ 'cp.yaml': PLANE }), /no source names a machine/);
});

await t.test('documents: the alias tells the MAC, the host name the machine', async (t) => {
  const own = `machine:
  type: controlplane
  network: {interfaces: [{interface: eth1, addresses: [10.0.0.10/24]}]}
cluster: {clusterName: c, controlPlane: {endpoint: 'https://10.0.0.9:6443'}}
---
{apiVersion: v1alpha1, kind: HostnameConfig, hostname: cp-1}
---
{apiVersion: v1alpha1, kind: Layer2VIPConfig, name: 10.0.0.9, link: lan}
---
apiVersion: v1alpha1
kind: LinkAliasConfig
name: lan
selector: {match: 'mac(link.permanent_addr) == "00:1A:2b:3c:4d:5e"'}
`;
  const { inventory } = await imported({ 'cp-1.yaml': own });
  t.match(inventory.machines, [{ name: 'cp-1', address: '10.0.0.10', mac: '00:1a:2b:3c:4d:5e' }]);
});

await t.test('what is nothing of the kind, and files of patches', async (t) => {
  t.match(await refusal({ 'x.yaml': 'a: 1\n' }), /x\.yaml: is none of talconfig, .*KIND:x\.yaml/);
  t.match(await refusal({ 'x.yaml': 'a: [\n' }), /is no YAML/);
  t.throws(() => parseNamedNode('a=10.0.0.1'), /write NAME=ADDRESS=controlplane/);
  const dir = t.testdir({});
  mkdirSync(`${dir}/p`);
  writeFileSync(`${dir}/p/own.yaml`, 'machine: {sysctls: {a: "1"}}\n');
  const name = `${dir}/talconfig.yaml`;
  const { inventory } = await imported({
    [name]: TALCONFIG.replace(/'machine.*'/, "'@p/own.yaml'"),
  });
  t.strictSame(inventory.machines[0]?.patches, [{ file: `${dir}/p/own.yaml` }]);
  t.match(writeInventory(inventory, dir), '"@p/own.yaml"');
});
