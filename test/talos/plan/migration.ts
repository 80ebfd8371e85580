import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { applyPatches } from '../../../src/talos/merge/patch.ts';
import { planMarkdown } from '../../../src/talos/plan/markdown.ts';
import { migrationPlan } from '../../../src/talos/plan/migration.ts';
import { sideOf } from '../../../src/talos/plan/sides.ts';
import { stagePatches } from '../../../src/talos/plan/stages.ts';

const text = (head: string, version = 'v1.12.3'): string => `name: c
talosVersion: ${version}
${head}
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0, dhcp: true}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0, dhcp: true}
  - {name: w, role: worker, address: 10.4.0.13}
`;
const VIP = 'endpoint: {mode: talosvip}\nvips: [10.4.0.9]';
const OTHER = 'endpoint: {mode: talosvip}\nvips: [10.4.0.8]';
const NONE = 'endpoint: {mode: none}';
const BALANCER = 'endpoint: {mode: custom, custom: lb.example.net}';

function migrate(from: string, to: string, version?: string) {
  const side = (head: string) => {
    const inventory = parseInventory(text(head, version), '/c.yaml');
    return sideOf('--from', { inventory }, inventory);
  };
  const move = { from: side(from), to: side(to) };
  const writes = ['vip-elector', 'talos', 'migrate'];
  const options = { ...move, inventory: move.to.inventory, file: 'c.yaml', directory: 'm', writes };
  return { plan: migrationPlan(options), files: new Map(filesOf(move)) };
}

const filesOf = (move: Parameters<typeof stagePatches>[0]) =>
  stagePatches(move).map(({ name, text }) => [name, text] as const);
const docs = (yaml: string | undefined): unknown[] =>
  parseAllDocuments(yaml ?? '').map((document): unknown => document.toJS());

await t.test('to a VIP: it is there and in the certificate before anybody is sent to it', (t) => {
  const { plan, files } = migrate(NONE, VIP);
  t.strictSame(
    plan.phases.map(({ id }) => id),
    'prepare names endpoint verify failover'.split(' '),
  );
  t.strictSame(
    [...files.keys()],
    [
      '1-names-a.yaml',
      '1-names-b.yaml',
      '2-endpoint-a.yaml',
      '2-endpoint-b.yaml',
      '2-endpoint-w.yaml',
    ],
  );
  t.match(docs(files.get('1-names-a.yaml')), [
    { cluster: { controlPlane: { endpoint: 'https://10.4.0.10:6443' } } },
    { kind: 'Layer2VIPConfig', name: '10.4.0.9', link: 'end0' },
  ]);
  t.match(docs(files.get('2-endpoint-w.yaml')), [
    { cluster: { controlPlane: { endpoint: 'https://10.4.0.9:6443' } } },
  ]);
  t.match(plan.warnings.join(), /issuer of service account tokens/);
  const markdown = planMarkdown(plan);
  t.ok(markdown.indexOf('talos owner c.yaml') < markdown.indexOf('2-endpoint-a.yaml'));
  t.ok(markdown.indexOf('2-endpoint-b.yaml') < markdown.indexOf('2-endpoint-w.yaml'));
  t.end();
});

await t.test('the stages, merged one after the other, are the new configuration', (t) => {
  const base = `machine:
  type: controlplane
cluster:
  controlPlane:
    endpoint: https://10.4.0.9:6443
  apiServer:
    certSANs: [10.4.0.9]
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 10.4.0.9
link: end0
`;
  const { files } = migrate(VIP, OTHER);
  let config = MachineConfig.parse(base, 'base');
  const vips = () => config.ofKind('Layer2VIPConfig').map(({ id }) => id.split('/')[2]);
  const seen: unknown[] = [];
  for (const stage of ['1-names', '2-endpoint', '3-removal']) {
    const name = `${stage}-a.yaml`;
    config = applyPatches(config, [{ name, text: files.get(name) ?? '' }]);
    seen.push([vips(), config.text('cluster', 'controlPlane', 'endpoint')]);
  }
  t.strictSame(seen, [
    [['10.4.0.9', '10.4.0.8'], 'https://10.4.0.9:6443'],
    [['10.4.0.9', '10.4.0.8'], 'https://10.4.0.8:6443'],
    [['10.4.0.8'], 'https://10.4.0.8:6443'],
  ]);
  t.match(config.toString(), /10\.4\.0\.8/);
  t.end();
});

await t.test('away from a VIP: it goes last; workers of `none` are warned of', (t) => {
  const { plan } = migrate(VIP, NONE);
  t.equal(plan.phases.at(-1)?.id, 'removal');
  t.match(plan.warnings.join('\n'), /When a is down, nobody reaches the API; workers keep/);
  const balancer = migrate(VIP, BALANCER).plan;
  t.match(planMarkdown(balancer), /lb\.example\.net passes connections to port 6443/);
  t.end();
});

await t.test('legacy: one VIP an interface, so a change swaps it, and unset takes it out', (t) => {
  const { plan, files } = migrate(VIP, OTHER, 'v1.10.2');
  t.match(plan.warnings.join('\n'), /an interface has one VIP: 10\.4\.0\.9 ends/);
  t.notMatch(files.get('1-names-a.yaml'), 'interfaces');
  t.match(docs(files.get('2-endpoint-a.yaml')), [
    { machine: { network: { interfaces: [{ interface: 'end0', vip: { ip: '10.4.0.8' } }] } } },
  ]);
  t.notMatch(files.get('2-endpoint-w.yaml'), 'interfaces');
  t.match(
    planMarkdown(migrate(VIP, NONE, 'v1.10.2').plan),
    'vip-elector talos unset m/present/a.yaml m/present/b.yaml m/present/w.yaml --vip 10.4.0.9 --out',
  );
  t.end();
});

await t.test('from 1.14 on the issuer stays: no warning, no restart', (t) => {
  const { plan } = migrate(NONE, VIP, 'v1.14.0');
  t.notMatch(`${plan.warnings.join()} ${planMarkdown(plan)}`, /issuer|rollout restart/);
  t.end();
});

await t.test('what is no migration is refused', (t) => {
  t.throws(() => migrate(VIP, VIP), /nothing to migrate/);
  const base = parseInventory(text(VIP), '/c.yaml');
  const side = (mode: string) => sideOf('--from', { mode }, base);
  t.equal(side('none').endpoint.url, 'https://10.4.0.10:6443');
  t.throws(() => side('custom'), /--from = custom: .*does not say its addresses/);
  t.throws(() => side('talosvp'), /--from = "talosvp": is no endpoint mode and no file/);
  t.end();
});
