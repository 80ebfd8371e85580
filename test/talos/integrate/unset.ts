import t from 'tap';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { unset } from '../../../src/talos/integrate/unset.ts';

// Made up for this test: secrets of no cluster.
const LEGACY = `# generated
machine:
    type: controlplane
    token: test0.onlytoken0 # kept
    certSANs: [10.0.0.9]
    network:
        # the LAN
        interfaces:
            - interface: end0 # LAN
              dhcp: true
              vip:
                ip: 10.0.0.9
            - interface: end1
              vip: {ip: 10.0.0.8, hcloud: {apiToken: onlyhcloud}}
            - interface: wg0
              wireguard: {privateKey: onlywireguard}
cluster:
    controlPlane:
        endpoint: https://lb:6443 # balanced
    apiServer:
        certSANs: [10.0.0.9]
`;
const DOCUMENTS = `machine: {type: controlplane}
---
apiVersion: v1alpha1
kind: LinkAliasConfig
name: net0
selector: {match: 'mac(link.permanent_addr) == "00:1a:2b:3c:4d:5e"'}
---
# The VIP.
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 10.0.0.9
link: net0
---
apiVersion: v1alpha1
kind: KubeClusterConfig
clusterName: c
endpoint: https://10.0.0.9:6443
---
apiVersion: v1alpha1
kind: KubeAPIServerConfig
image: registry.k8s.io/kube-apiserver:v1.36.0
certExtraSANs:
  - 10.0.0.9
  - cp.example.net # name
`;

const of = (text: string): MachineConfig => MachineConfig.parse(text, 'a.yaml');
const text = (config: MachineConfig): string => config.toString();

/** Without the blanks inside braces, which are a matter of style. */
const spaced = (given: string): string => given.replaceAll(/\{ ?/g, '{').replaceAll(/ ?\}/g, '}');

await t.test('one VIP of the legacy form: exactly its lines go', (t) => {
  const { config } = unset(of(LEGACY), { vips: ['10.0.0.9'] });
  const right = LEGACY.replace('    certSANs: [10.0.0.9]\n', '')
    .replace('              vip:\n                ip: 10.0.0.9\n', '')
    .replace('    apiServer:\n        certSANs: [10.0.0.9]\n', '');
  t.equal(spaced(text(config)), spaced(right));
  t.end();
});

await t.test(
  'an entry that held nothing else goes; its credential with it, no other secret',
  (t) => {
    const { config, notes, secretsSha256 } = unset(of(LEGACY), {});
    t.notMatch(text(config), /10\.0\.0\.[89]|end1|onlyhcloud/);
    t.match(text(config), /interface: end0 # LAN\n +dhcp: true\n[^]*onlywireguard/);
    t.match(notes.join('\n'), /the entry of end1 held nothing else and is gone/);
    t.match(secretsSha256, /^[0-9a-f]{64}$/);
    const only =
      'machine: {type: controlplane, network: {interfaces: [{interface: a, vip: {ip: 10.0.0.9}}]}}\n';
    t.match(text(unset(of(only), {}).config), /network: *\{ *\}/);
    t.end();
  },
);

await t.test('documents: VIP, the alias that only it used, and its name', (t) => {
  const { config } = unset(of(DOCUMENTS), { endpoint: 'https://10.0.0.10:6443' });
  const kinds = config.documents.map(({ kind }) => kind);
  t.same(kinds, ['', 'KubeClusterConfig', 'KubeAPIServerConfig']);
  t.match(text(config), /endpoint: https:\/\/10\.0\.0\.10:6443\n/);
  t.match(text(config), /certExtraSANs:\n +- cp\.example\.net # name\n/);
  const used = `${DOCUMENTS}---\napiVersion: v1alpha1\nkind: DHCPv4Config\nname: net0\n`;
  const kept = unset(of(used), { endpoint: 'https://10.0.0.10:6443' }).config;
  t.equal(kept.ofKind('LinkAliasConfig').length, 1, 'another document uses it');
  t.end();
});

await t.test('an endpoint that would be nobody is refused, and its issuer told', (t) => {
  t.throws(() => unset(of(DOCUMENTS), {}), {
    message:
      /^a\.yaml:17:11: the endpoint https:\/\/10\.0\.0\.9:6443 is the VIP, .*give --endpoint/,
  });
  const legacy = LEGACY.replace('https://lb:6443', 'https://10.0.0.9:6443');
  const { notes, config } = unset(of(legacy), { endpoint: 'https://b:6443' });
  t.match(text(config), /endpoint: https:\/\/b:6443 # balanced\n/);
  t.match(notes.join('\n'), /warning: this changes the issuer/);
  t.end();
});

await t.test('twice is as once, and what has no VIP stays byte for byte', (t) => {
  const once = text(unset(of(LEGACY), {}).config);
  t.equal(text(unset(of(once), {}).config), once);
  const worker = 'machine:   {type: worker}   # odd\n';
  t.equal(text(unset(of(worker), { vips: ['10.0.0.9'] }).config), worker);
  t.end();
});
