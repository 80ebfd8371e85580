import t from 'tap';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import type { ConvertWish } from '../../../src/talos/convert/convert.ts';
import { convert } from '../../../src/talos/convert/convert.ts';

// Made up for this test: no cluster has this key.
const PEM = '-----BEGIN EC PRIVATE KEY-----\nb25seSBhIHRlc3Q=\n-----END EC PRIVATE KEY-----\n';
const KEY = Buffer.from(PEM).toString('base64');
const A = `# generated
machine:
    type: controlplane
    token: 0123e4 # a number to look at
    network:
        interfaces:
            - interface: end0
              dhcp: true # by the router
              # shared
              vip:
                ip: 10.0.0.9 # the VIP
cluster:
    id: '0x1'
    # where it is
    controlPlane:
        endpoint: https://10.0.0.9:6443/ # shared, too
    clusterName: home
    serviceAccount:
        key: ${KEY}
    apiServer:
        certSANs: [10.0.0.9]
`;

const run = (text: string, wish: ConvertWish) => convert(MachineConfig.parse(text, 'a.yaml'), wish);
const to = (text: string, wish: ConvertWish): string => run(text, wish).config.toString();
const links = (list: string, rest = ''): string =>
  `machine: {type: controlplane, network: {interfaces: ${list}}}\ncluster: {controlPlane: {endpoint: "https://a:6443"}}\n${rest}`;
const documents = (text: string): unknown[] =>
  MachineConfig.parse(text, 'x')
    .documents.filter(({ kind }) => kind !== '')
    .map(({ map }) => map.toJSON() as unknown);
const layer2 = (link: string, name = '10.0.0.9') => ({
  apiVersion: 'v1alpha1',
  kind: 'Layer2VIPConfig',
  name,
  link,
});

await t.test('A to B: the VIP in a document, its comments with it, the rest byte for byte', (t) => {
  const text = to(A, { to: 'B' });
  const [first = '', second = ''] = text.split('---\n');
  t.equal(first, A.replace(/ {14}# shared\n {14}vip:\n.*\n/, ''));
  t.equal(
    second,
    '# shared\n# the VIP\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\nlink: end0\n',
  );
  t.equal(to(text, { to: 'B' }), text, 'once is enough');
  t.end();
});

await t.test('A to C: endpoint, name and key move, the issuer stays', (t) => {
  const { config, secretsSha256 } = run(A, { to: 'C' });
  const text = config.toString();
  t.same(documents(text), [
    layer2('end0'),
    {
      apiVersion: 'v1alpha1',
      kind: 'KubeClusterConfig',
      clusterName: 'home',
      endpoint: 'https://10.0.0.9:6443/',
    },
    {
      apiVersion: 'v1alpha1',
      kind: 'KubeServiceAccountConfig',
      issuer: { privateKey: PEM, issuerURL: 'https://10.0.0.9:6443/' },
    },
  ]);
  t.match(text, /^# generated\n[^]*token: 0123e4 # a number to look at\n[^]*id: '0x1'\n/);
  t.match(text, /\nclusterName: home\n# shared, too\n# where it is\nendpoint: https/);
  t.match(text, /apiServer:\n +certSANs: \[ ?10\.0\.0\.9 ?\]\n/, 'stays where Talos takes it');
  t.notMatch(text, new RegExp(KEY));
  t.equal(run(text, { to: 'A' }).secretsSha256, secretsSha256, 'the same bytes, there and back');
  t.end();
});

await t.test('C to A and back says the same', (t) => {
  const there = to(A, { to: 'C' });
  const back = MachineConfig.parse(to(there, { to: 'A' }), 'x');
  t.same(back.v1alpha1?.toJSON(), MachineConfig.parse(A, 'x').v1alpha1?.toJSON());
  t.equal(back.documents.length, 1);
  t.end();
});

await t.test('a new endpoint leaves the issuer; a new issuer accepts the old one', (t) => {
  const moved = documents(to(A, { to: 'C', endpoint: 'https://cp.example.net:6443' }));
  t.match(moved[1], { endpoint: 'https://cp.example.net:6443' });
  t.match(moved[2], { issuer: { issuerURL: 'https://10.0.0.9:6443/' } });
  const issuer = 'https://new:6443';
  const accepted = {
    issuers: ['https://10.0.0.9:6443/'],
    audiences: [issuer, 'https://10.0.0.9:6443/'],
  };
  t.match(documents(to(A, { to: 'C', issuer }))[2], { issuer: { issuerURL: issuer }, accepted });
  const later = to(to(A, { to: 'C' }), { to: 'C', issuer });
  t.match(documents(later)[2], { issuer: { issuerURL: issuer, privateKey: PEM }, accepted });
  t.equal(to(later, { to: 'C', issuer }), later);
  t.throws(() => run(later, { to: 'A' }), { message: /tokens are issued by https:\/\/new:6443/ });
  t.throws(() => run(A, { to: 'B', issuer }), { message: /only with --to C/ });
  t.end();
});

await t.test('links: selectors, VLANs, the cloud, and back', (t) => {
  const mac =
    '[{deviceSelector: {permanentAddr: "00:1A:2b:3c:4d:5e"}, dhcp: true, vip: {ip: 10.0.0.9}}]';
  const alias = {
    apiVersion: 'v1alpha1',
    kind: 'LinkAliasConfig',
    name: 'net0',
    selector: { match: 'mac(link.permanent_addr) == "00:1a:2b:3c:4d:5e"' },
  };
  const byMac = to(links(mac), { to: 'B' });
  t.same(documents(byMac), [alias, layer2('net0')]);
  t.same(documents(to(byMac, { to: 'A' })), [], 'the alias goes with it');
  const vlan =
    '[{interface: enx78e7d1ea46da, dhcp: true, vlans: [{vlanId: 100, vip: {ip: 10.0.0.9}}]}]';
  const byVlan = to(links(vlan), { to: 'B' });
  t.same(documents(byVlan), [layer2('enx7f8ca75.100')]);
  t.match(to(byVlan, { to: 'A' }), /vlanId: 100, *vip: *\{ ?ip: 10\.0\.0\.9/);
  const hcloud = to(
    links('[{interface: a, dhcp: true, vip: {ip: 10.0.0.9, hcloud: {apiToken: only0test}}}]'),
    { to: 'B' },
  );
  t.match(documents(hcloud), [{ kind: 'HCloudVIPConfig', link: 'a', apiToken: 'only0test' }]);
  t.match(to(hcloud, { to: 'A' }), /hcloud: *\{? ?\n? *apiToken: only0test/);
  const bare = run(links('[{interface: a, vip: {ip: 10.0.0.9}}]'), { to: 'B' });
  t.match(bare.notes.join('\n'), /the entry of a held nothing else and is gone/);
  t.end();
});

await t.test('to A a link must say how it gets its own address', (t) => {
  const text =
    links('[]').replace('interfaces: []', '') +
    '---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\nlink: end0\n';
  t.throws(() => run(text, { to: 'A' }), {
    message: /^a\.yaml:4:1: no entry .* end0 gets its own/,
  });
  const config = MachineConfig.parse(to(text, { to: 'A', dhcp: true }), 'x');
  t.same(config.v1alpha1?.getIn(['machine', 'network', 'interfaces', 0, 'dhcp']), 'true');
  t.end();
});

await t.test('what cannot be said is refused', (t) => {
  const refused = (text: string, wish: ConvertWish, message: RegExp): void => {
    t.throws(() => run(text, wish), { name: 'OperatorError', message });
  };
  const image = A.replace(
    'type: controlplane',
    'type: controlplane\n    install: {image: "x/installer:v1.11.2"}',
  );
  refused(image, { to: 'B' }, /Talos v1\.11\.2 cannot read form B/);
  refused(A, { to: 'C', version: { major: 1, minor: 13 } }, /Talos v1\.13 cannot read form C/);
  refused(
    links('[{interface: a, vip: {ip: 10.0.0.9, equinixMetal: {apiToken: x}}}]'),
    { to: 'B' },
    /no document for Equinix/,
  );
  refused(
    links('[{deviceSelector: {driver: a}, vip: {ip: 10.0.0.9}}]'),
    { to: 'B' },
    /only one whole hardwareAddr/,
  );
  refused(
    links('[{deviceSelector: {driver: a}, vlans: [{vlanId: 1, vip: {ip: 10.0.0.9}}]}]'),
    { to: 'B' },
    /name of a VLAN follows/,
  );
  refused(A.replace('    clusterName: home\n', ''), { to: 'C' }, /clusterName is missing/);
  refused(A.replace(KEY, 'x!'), { to: 'C' }, /key is no base64/);
  refused(
    A.replace('6443/ # shared, too', '6443/\n        localAPIServerPort: 7443'),
    { to: 'C' },
    /7443 needs a KubeAPIServerConfig/,
  );
  refused(
    A.replace('controlplane', 'worker'),
    { to: 'B' },
    /not allowed on non-controlplane nodes/,
  );
  const two = links(
    '[{interface: a, dhcp: true, vip: {ip: 10.0.0.8}}]',
    '---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\nlink: a\n',
  );
  refused(two, { to: 'A' }, /one VIP, not 10\.0\.0\.8 and 10\.0\.0\.9/);
  t.end();
});
