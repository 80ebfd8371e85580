import t from 'tap';
import type { Known } from '../../../src/talos/validate/known.ts';
import { NOTHING } from '../../../src/talos/validate/known.ts';
import { validate } from '../../../src/talos/validate/validate.ts';
import { parseTalosVersion } from '../../../src/talos/version.ts';

const URL = 'https://10.0.0.9:6443';
const cluster = (endpoint = URL): string => `cluster: {controlPlane: {endpoint: "${endpoint}"}}\n`;
const machine = (links: string, type = 'controlplane'): string =>
  `machine:\n  type: ${type}\n  network: {interfaces: ${links}}\n`;
const bare = (type = 'controlplane'): string => `machine: {type: ${type}}\n`;
const document = (kind: string, rest: string): string =>
  `---\napiVersion: v1alpha1\nkind: ${kind}\n${rest}`;
const layer2 = (ip = '10.0.0.9', link = 'end0'): string =>
  document('Layer2VIPConfig', `name: ${ip}\nlink: ${link}\n`);
const kube = document('KubeClusterConfig', `clusterName: c\nendpoint: ${URL}\n`);
const GOOD_LINK = '[{interface: end0, addresses: [10.0.0.10/24], vip: {ip: 10.0.0.9}}]';

function found(text: string, known: Partial<Known> = {}): string[] {
  const list = validate([{ name: 'a.yaml', text }], { ...NOTHING, ...known });
  return list.map(({ rule, level, message }) => `${rule} ${level} ${message}`);
}

function version(text: string): Partial<Known> {
  const outcome = parseTalosVersion(text);
  return 'value' in outcome ? { version: outcome.value } : {};
}

const vip = (ip: string): string => machine(`[{interface: end0, dhcp: true, vip: {ip: "${ip}"}}]`);
const cidr = { family: 4, address: '10.0.0.0', prefixLength: 24 } as const;

await t.test('what is right is said to be, in every dialect and role', (t) => {
  t.same(found(machine(GOOD_LINK) + cluster()), []);
  t.same(found(bare() + cluster() + layer2()), []);
  t.same(found(bare() + kube + layer2()), []);
  t.same(found(bare('init') + kube + layer2('fd00::9', 'bond0.100'), {}).length, 2, 'IPv6, SAN');
  t.same(found(bare('worker') + cluster()), []);
  t.same(found(bare('worker') + kube), []);
  t.same(found(vip('10.0.0.9') + cluster(), version('v1.11.0')).length, 1, 'stale keys only');
  t.end();
});

await t.test("Talos's own messages, word by word", (t) => {
  const cases: [string, string][] = [
    [
      machine(GOOD_LINK, 'worker') + cluster(),
      'virtual (shared) IP is not allowed on non-controlplane nodes',
    ],
    [
      vip('10.0.0') + cluster(),
      '[networking.os.device.vip] failed to parse "10.0.0" as IP address',
    ],
    [
      machine(
        '[{interface: bond0, dhcp: true, bond: {interfaces: [eth1]}}, {interface: eth1, vip: {ip: 10.0.0.9}}]',
      ) + cluster(),
      `[networking.os.device] "eth1": bonded/bridged interface shouldn't have any addressing methods configured`,
    ],
    [
      machine('[{dhcp: true}]') + cluster(),
      '[networking.os.device.interface], [networking.os.device.deviceSelector]: required either config section to be set',
    ],
    [
      machine('[{interface: a, deviceSelector: {driver: b}}]') + cluster(),
      '[networking.os.device.interface], [networking.os.device.deviceSelector]: config sections are mutually exclusive',
    ],
    [
      machine('[{deviceSelector: {}}]') + cluster(),
      '[networking.os.device.deviceSelector]: config section should contain at least one field',
    ],
    [
      bare() + cluster() + document('Layer2VIPConfig', 'name: net4\n'),
      'Layer2VIPConfig/net4: name must be a valid IP address: ParseAddr("net4"): unable to parse IP',
    ],
    [
      bare() + cluster() + document('Layer2VIPConfig', 'name: 10.0.0.9\n'),
      'Layer2VIPConfig/10.0.0.9: link must be specified',
    ],
    [
      bare() + cluster() + document('Layer2VIPConfig', 'link: a\n'),
      'Layer2VIPConfig: name must be specified',
    ],
    [
      bare() + cluster() + document('HCloudVIPConfig', 'name: 10.0.0.9\nlink: a\n'),
      'HCloudVIPConfig/10.0.0.9: apiToken must be specified',
    ],
    [
      bare() +
        cluster() +
        layer2() +
        document('HCloudVIPConfig', 'name: 10.0.0.9\nlink: a\napiToken: x\n'),
      'conflicting documents: HCloudVIPConfig/10.0.0.9 and Layer2VIPConfig/10.0.0.9',
    ],
    [bare(), 'cluster controlplane endpoint is required'],
    [
      bare() + cluster('https://fd00::1:6443'),
      'invalid controlplane endpoint: IPv6 addresses MUST be enclosed by square brackets',
    ],
    [
      bare() + cluster('https://:6443'),
      'invalid controlplane endpoint: hostname must not be blank',
    ],
    [bare() + cluster('https://a:b'), 'invalid controlplane endpoint: port number must be numeric'],
    [
      bare() + cluster('https://a:70000'),
      'invalid controlplane endpoint: port number must be between 1 and 65535',
    ],
    [
      bare() + document('KubeClusterConfig', `endpoint: ${URL}\n`),
      'KubeClusterConfig: clusterName must be specified',
    ],
    [
      bare() + document('KubeClusterConfig', 'clusterName: c\n'),
      'KubeClusterConfig: endpoint must be specified',
    ],
    [
      bare() + cluster() + kube,
      'cluster endpoint is already set in the v1alpha1 config (.cluster.controlPlane.endpoint). Please remove it and use only the new KubeClusterConfig document to avoid conflicts',
    ],
    [
      `${bare()}cluster: {clusterName: c}\n${kube}`,
      'cluster name is already set in the v1alpha1 config (.cluster.clusterName). Please remove it and use only the new KubeClusterConfig document to avoid conflicts',
    ],
    [
      `${bare()}cluster: {apiServer: {certSANs: [a]}}\n${kube}${document('KubeAPIServerConfig', 'image: a:v1\n')}`,
      'kube-apiserver config is already set in v1alpha1 config (.cluster.apiServer)',
    ],
    [
      bare('worker') + kube + document('KubeAPIServerConfig', 'image: a:v1\n'),
      'the following document kinds are only allowed on control plane machines: [KubeAPIServerConfig]',
    ],
    [
      `machine: {type: controlplane, network: {vip: {ip: 10.0.0.9}}}\n${cluster()}`,
      'error decoding document /v1alpha1/ (line 1): unknown keys found during decoding: machine.network.vip',
    ],
    [
      bare() + cluster() + document('Layer2VIPConfig', 'name: 10.0.0.9\nlink: a\nlnik: b\n'),
      'error decoding document v1alpha1/Layer2VIPConfig/10.0.0.9 (line 4): unknown keys found during decoding: lnik',
    ],
    [
      bare() + cluster() + document('Layer2VipConfig', 'name: 10.0.0.9\n'),
      '"Layer2VipConfig" "v1alpha1": not registered',
    ],
    [bare('master') + cluster(), 'unknown machine type "master"'],
  ];
  for (const [text, message] of cases) {
    const list = found(text);
    t.ok(list.includes(`talos fail ${message}`), `${message}\n${list.join('\n')}`);
  }
  t.end();
});

const first = (text: string, known: Partial<Known> = {}): string | undefined =>
  found(text, known).find((line) => line.startsWith('L1'));

await t.test('L1: the address', (t) => {
  t.match(
    first(bare() + cluster() + layer2('10.1.0.9'), { cidr }),
    /10\.1\.0\.9 is not in .* 10\.0\.0\.0\/24/,
  );
  t.match(
    first(
      machine('[{interface: end0, addresses: [10.2.0.5/24], vip: {ip: 10.0.0.9}}]') + cluster(),
      { cidr },
    ),
    /not in the network of its link, 10\.2\.0\.5\/24/,
    'the link itself knows better than the inventory',
  );
  t.match(first(vip('10.0.0.255') + cluster(), { cidr }), /network or broadcast/);
  t.match(first(vip('224.0.0.1') + cluster()), /is for groups of hosts/);
  const taken = new Map([['10.0.0.9', 'the gateway']]);
  t.match(first(vip('10.0.0.9') + cluster(), { taken }), /is the address of the gateway/);
  const gateway =
    '[{interface: end0, dhcp: true, routes: [{gateway: 10.0.0.9}], vip: {ip: 10.0.0.9}}]';
  t.match(first(machine(gateway) + cluster()), /is the address of a gateway/);
  const own = '[{interface: end0, addresses: [10.0.0.9/24], vip: {ip: 10.0.0.9}}]';
  t.match(first(machine(own) + cluster()), /is the address of link end0 of this file/);
  const pods = `${vip('10.0.0.9')}cluster: {controlPlane: {endpoint: "${URL}"}, network: {podSubnets: [10.0.0.0/8]}}\n`;
  t.match(first(pods), /is in 10\.0\.0\.0\/8, a network of pods/);
  const dhcpRange = { first: '10.0.0.5', last: '10.0.0.20' };
  t.match(first(vip('10.0.0.9') + cluster(), { dhcpRange }), /that DHCP leases/);
  t.equal(
    first(vip('10.0.0.4') + cluster('https://10.0.0.4:6443'), { dhcpRange, cidr }),
    undefined,
  );
  t.end();
});

await t.test('L2 and L3: the link', (t) => {
  const has = (text: string, pattern: RegExp): void => {
    t.match(found(text + cluster()).join('\n'), pattern);
  };
  has(
    machine('[{interface: end0, dhcp: true, vlans: [{vlanId: 5, vip: {ip: 10.0.0}}]}]'),
    /^L2 fail VIP: "10\.0\.0" is not an IP address; Talos does not check/m,
  );
  has(
    machine(
      '[{interface: a, dhcp: true, vip: {ip: 10.0.0.9}}, {interface: b, dhcp: true, vip: {ip: 10.0.0.9}}]',
    ),
    /^L2 fail VIP 10\.0\.0\.9 is on two links, a and b/m,
  );
  has(
    machine('[{deviceSelector: {physical: true}, dhcp: true, vip: {ip: 10.0.0.9}}]'),
    /^L2 warn the deviceSelector may match several/m,
  );
  has(
    machine('[{interface: eth0, dhcp: true, vip: {ip: 10.0.0.9}}]'),
    /^L2 warn the link is eth0/m,
  );
  has(
    machine('[{interface: a, ignore: true, dhcp: true, vip: {ip: 10.0.0.9}}]'),
    /^L2 fail VIP 10\.0\.0\.9 on a link that Talos is told to ignore/m,
  );
  has(machine('[{interface: end0, vip: {ip: 10.0.0.9}}]'), /^L3 fail .* ends DHCP on the link/m);
  has(
    machine('[{interface: end0, vlans: [{vlanId: 5, dhcp: true, vip: {ip: 10.0.0.9}}]}]'),
    /^L3 fail/m,
  );
  const both = machine('[{interface: end0, vip: {ip: 10.0.0.9}}]') + cluster();
  t.same(found(both + document('DHCPv4Config', 'name: end0\n')), [], 'a document says it');
  t.match(found(bare('worker') + cluster() + layer2()), [/^L2 fail VIP 10\.0\.0\.9 on a worker/]);
  t.match(found(bare() + cluster() + layer2('10.0.0.9', 'net0')), [
    /^L2 warn no LinkAliasConfig names/,
  ]);
  const alias = document('LinkAliasConfig', 'name: net0\nselector: {match: "true"}\n');
  t.same(found(bare() + cluster() + alias + layer2('10.0.0.9', 'net0')), []);
  t.end();
});

await t.test('L4: the endpoint', (t) => {
  const ends = (endpoint: string, sans = '[]'): string =>
    found(
      `${vip('10.0.0.9')}cluster: {controlPlane: {endpoint: "${endpoint}"}, apiServer: {certSANs: ${sans}}}\n`,
    ).join('\n');
  t.match(ends('https://10.0.0.9'), /^L4 fail .* no port: .* where no API server listens/);
  t.match(ends('https://lb', '[10.0.0.9]'), /^L4 warn .* no port/);
  t.match(ends('http://10.0.0.9:6443'), /^L4 fail .* should have scheme https/);
  t.match(ends('https://fd00::1:6443'), /^L4 fail .* IPv6 without brackets/m);
  t.match(ends('https://lb:6443'), /^L4 fail VIP 10\.0\.0\.9 is neither the endpoint's host nor/);
  t.equal(ends('https://lb:6443', '[10.0.0.9]'), '');
  const half = `${bare()}cluster: {serviceAccount: {key: x}}\n${kube}`;
  t.match(found(half), [/^L4 fail KubeClusterConfig beside \.cluster\.serviceAccount/]);
  t.end();
});

const node = (
  name: string,
  type = 'controlplane',
  endpoint = URL,
): { name: string; text: string } => ({
  name: `${name}.yaml`,
  text: `machine: {type: ${type}, network: {hostname: ${name.slice(0, 2)}}}\n${cluster(endpoint)}`,
});
const all = (files: { name: string; text: string }[], known = NOTHING): string =>
  validate(files, known)
    .map(({ rule, level, message }) => `${rule} ${level} ${message}`)
    .join('\n');

await t.test('L5 and what belongs together in several files', (t) => {
  t.equal(all([node('c1'), node('c2'), node('c3'), node('w1', 'worker')]), '');
  t.match(all([node('c1'), node('c2')]), /^L5 fail 2 control planes/);
  t.match(all([node('c1')], { ...NOTHING, controlPlanes: 4 }), /^L5 warn 4 control planes/);
  t.match(
    all([node('c1'), node('c2'), node('c1-again')]),
    /^L2 fail host name c1 is that of c1\.yaml/,
  );
  t.match(
    all([node('c1'), node('w1', 'worker', 'https://b:6443')]),
    /^L4 warn endpoint .* differs/,
  );
  const other = { name: 'x.yaml', text: vip('10.0.0.9') + cluster() };
  t.match(all([node('c1'), other]), /^L2 warn VIPs 10\.0\.0\.9 differ from none in c1\.yaml/);
  t.end();
});

await t.test('L6: the version', (t) => {
  const text = bare() + cluster() + layer2();
  t.match(
    found(text, version('v1.11.3')).join('\n'),
    /^L6 fail Talos v1\.11\.3 knows no Layer2VIPConfig/,
  );
  t.match(found(bare() + kube, version('v1.13.9')), [
    /^L6 fail Talos v1\.13\.9 knows no KubeClusterConfig/,
  ]);
  t.match(found(text, version('v1.12.0-rc.1')).join('\n'), /^L6 fail .*#12410/);
  t.match(found(vip('10.0.0.9') + cluster(), version('v1.12.11')), [/^L6 warn since v1\.12/]);
  for (const [given, isOld] of [
    ['v1.12.10', true],
    ['v1.12.11', false],
    ['v1.13.7', true],
    ['v1.13.8', false],
    ['v1.14.0-beta.0', true],
    ['v1.14.0-beta.1', false],
    ['v1.14.0', false],
    ['v1.15.0', false],
  ] as const) {
    t.equal(
      found(text, version(given)).some((line) => line.includes('hold up')),
      isOld,
      given,
    );
  }
  const image = 'factory.talos.dev/installer/abc:v1.12.1@sha256:00';
  const installed = `machine: {type: controlplane, install: {image: "${image}"}}\n${cluster()}${layer2()}`;
  t.match(found(installed), [/^L6 warn Talos v1\.12\.1: a departed control plane/]);
  t.end();
});

await t.test('malformed input is a finding, and quotes nothing', (t) => {
  const list = validate(
    [
      { name: 'bad.yaml', text: 'machine: {token: s3cret\n' },
      { name: 'empty.yaml', text: '# nothing\n' },
      { name: 'list.yaml', text: '- a\n' },
      { name: 'twice.yaml', text: bare() + cluster() + layer2() + layer2() },
      {
        name: 'shape.yaml',
        text: `machine: {type: controlplane, network: {interfaces: {vip: s3cret}}}\n${cluster()}`,
      },
      { name: 'scalar.yaml', text: machine('[{interface: a, vip: s3cret}, b]') + cluster() },
      {
        name: 'names.yaml',
        text: `machine: {type: controlplane, network: {constructor: 1}}\n${cluster()}`,
      },
      { name: 'patch.yaml', text: 'kind: Unheard\napiVersion: v1alpha1\n' },
    ],
    NOTHING,
  );
  t.notMatch(JSON.stringify(list), /s3cret/);
  const said = list.map(({ place, rule, message }) => `${rule} ${place} ${message}`);
  t.match(said, [
    /^syntax bad\.yaml:\d+:\d+ is no YAML/,
    /^syntax empty\.yaml config not found/,
    /^syntax list\.yaml:1:1 a document must be a map/,
    /^syntax twice\.yaml:\d+:\d+ duplicate document v1alpha1\/Layer2VIPConfig\/10\.0\.0\.9 is not allowed/,
    /^talos shape\.yaml:1:\d+ .*machine\.network\.interfaces is not a list/,
    /^talos scalar\.yaml:3:\d+ .*interfaces\[0\]\.vip is not a map/,
    /^talos scalar\.yaml:3:\d+ .*interfaces\[1\] is not a map/,
    /^talos scalar\.yaml:3:\d+ empty device/,
    /^talos names\.yaml:1:\d+ .*unknown keys found during decoding: machine\.network\.constructor/,
    /^talos patch\.yaml no document with machine\.type/,
  ]);
  t.equal(said.length, 10);
  t.end();
});
