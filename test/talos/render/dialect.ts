import t from 'tap';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { chooseDialect, issuerWarnings } from '../../../src/talos/render/dialect.ts';
import { parseTalosVersion } from '../../../src/talos/version.ts';

const URL = 'https://10.0.0.1:6443';
const LEGACY = `machine: {type: controlplane, network: {interfaces: [{interface: end0}]}}
cluster: {controlPlane: {endpoint: '${URL}'}}
`;
const FILES = {
  A: LEGACY,
  B: 'machine: {type: controlplane}\n---\n{apiVersion: v1alpha1, kind: HostnameConfig, auto: stable}\n',
  C: 'machine: {type: controlplane}\n---\n{apiVersion: v1alpha1, kind: KubeClusterConfig, clusterName: c}\n',
};

function chosen(files: readonly (keyof typeof FILES)[], version?: string): string {
  const outcome = version === undefined ? undefined : parseTalosVersion(version);
  const configs = files.map((file) => MachineConfig.parse(FILES[file], `${file}.yaml`));
  try {
    return chooseDialect(configs, outcome && 'value' in outcome ? outcome.value : undefined);
  } catch (error) {
    return String(error);
  }
}

await t.test('the version alone, the file alone, or both', (t) => {
  const cases: [(keyof typeof FILES)[], string | undefined, string | RegExp][] = [
    [[], 'v1.11.5', 'A'],
    [[], 'v1.13.0', 'B'],
    [[], 'v1.14', 'C'],
    [[], undefined, /not known: write talosVersion/],
    [['A'], undefined, 'A'],
    [['B'], undefined, 'B'],
    [['C'], undefined, 'C'],
    [['A'], 'v1.11.0', 'A'],
    [['A'], 'v1.12.0', 'B'],
    // Its endpoint is in the v1alpha1 document: a KubeClusterConfig beside it would be refused.
    [['A'], 'v1.14.0', 'B'],
    [['B'], 'v1.14.0', 'B'],
    [['C'], 'v1.14.0', 'C'],
    [['B'], 'v1.11.0', /B\.yaml: holds HostnameConfig, which Talos v1\.11\.0 cannot read/],
    [['C'], 'v1.13.9', /C\.yaml: holds KubeClusterConfig, which Talos v1\.13\.9 cannot read/],
    [['A', 'C'], undefined, /C\.yaml is of the dialect C, A\.yaml of A; render them apart/],
  ];
  for (const [files, version, expected] of cases) {
    t.match(chosen(files, version), expected, `${files.join('+')} ${version}`);
  }
  t.end();
});

await t.test('a new endpoint is a new issuer, but for dialect C', (t) => {
  const config = MachineConfig.parse(LEGACY, 'cp.yaml');
  t.match(issuerWarnings([config], 'https://10.0.0.9:6443'), [
    /cp\.yaml: the endpoint changes from/,
  ]);
  t.strictSame(issuerWarnings([config], URL), []);
  t.strictSame(issuerWarnings([MachineConfig.parse(FILES.C, 'c')], URL), []);
  t.end();
});
