import t from 'tap';
import { OperatorError } from '../../../src/errors.ts';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { maskedText, secretDigests } from '../../../src/talos/document/secrets.ts';

const text = `# top
version: v1alpha1 # said
machine:
    type: init
    token: 0123e4 # looks like a number
    ca:
        crt: abc
        key: "LS0t"
cluster:
    id: '0x1'
    n: 1.10
---
# beside
apiVersion: v1alpha1
kind: HostnameConfig
auto: stable
`;

const dialect = (text: string): string => MachineConfig.parse(text, 'x').dialect;
const refused = (text: string): string => {
  try {
    MachineConfig.parse(text, 'a.yaml');
    return 'accepted';
  } catch (error) {
    return error instanceof OperatorError ? error.message : String(error);
  }
};

await t.test('what is not changed is written again byte for byte', (t) => {
  const config = MachineConfig.parse(text, 'a.yaml');
  t.equal(config.toString(), text);
  t.equal(config.dialect, 'B');
  t.equal(config.role, 'controlplane');
  config.documents[0]?.map.setIn(['machine', 'type'], 'worker');
  t.equal(config.toString(), text.replace('type: init', 'type: worker'));
  t.end();
});

await t.test('dialects', (t) => {
  t.equal(dialect('machine: {type: worker}'), 'A');
  t.equal(dialect('machine: {network: {interfaces: []}}\n---\nkind: HostnameConfig\n'), 'A');
  t.equal(dialect('machine: {}\n---\nkind: HostnameConfig\n'), 'B');
  t.equal(dialect('machine: {}\n---\nkind: KubeClusterConfig\n'), 'C');
  t.end();
});

await t.test('refusals name line and column, and quote nothing', (t) => {
  t.match(refused('a: 1\na: s3cret\n'), /^a\.yaml:2:1: is no YAML \(duplicate key\)$/);
  t.match(refused('a: [s3cret\n'), /^a\.yaml:\d:\d+: is no YAML/);
  t.match(refused('- a\n'), /^a\.yaml:1:1: a document must be a map of keys$/);
  t.match(refused('a: &x 1\nb: *x\n'), /^a\.yaml:1:\d: anchors/);
  const twice = 'apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\n---\n';
  t.match(
    refused(twice + twice),
    /duplicate document v1alpha1\/Layer2VIPConfig\/10\.0\.0\.9 is not/,
  );
  t.end();
});

await t.test('secrets are masked, and found by their place', (t) => {
  const config = MachineConfig.parse(text, 'a.yaml');
  t.notMatch(maskedText(config), /0123e4|LS0t/);
  t.same(
    secretDigests(config).map(({ path }) => path),
    ['/v1alpha1 machine.token', '/v1alpha1 machine.ca.key'],
  );
  t.end();
});
