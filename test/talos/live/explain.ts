// Explanations of what a cluster says; the program itself asks the stand-in of talosctl.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkText } from '../../../src/cli/check-view.ts';
import { loadInventory } from '../../../src/talos/inventory/load.ts';
import { explainVip } from '../../../src/talos/live/explain.ts';
import { lookAt } from '../../../src/talos/live/look.ts';
import { cli } from '../../fixtures/cli.ts';
import type { Said } from '../../fixtures/talosctl/cluster.ts';
import { StandIn } from '../../fixtures/talosctl/cluster.ts';

const dir = t.testdir({
  'c.yaml': `name: c
talosVersion: v1.12.11
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0}
  - {name: d, role: controlplane, address: 10.4.0.12, link: end0}
`,
});
const FILE = join(dir, 'c.yaml');
const NAMES = { '10.4.0.10': 'a', '10.4.0.11': 'b', '10.4.0.12': 'd' };

/** A healthy cluster whose VIP is with `a`, but for what is said. */
function cluster(changes: Readonly<Record<string, Said | null>> = {}): StandIn {
  const standIn = new StandIn(mkdtempSync(`${dir}/`));
  for (const [node, hostname] of Object.entries(NAMES)) {
    const own = ['end0', `${node}/24`] as const;
    const vip = ['end0', '10.4.0.9/32'] as const;
    const addresses = hostname === 'a' ? [own, vip] : [own];
    const change = changes[node];
    if (change === null) standIn.down(node);
    else standIn.say(node, { hostname, addresses, vips: [['end0', '10.4.0.9']], ...change });
  }
  return standIn;
}

const bare: Said = { addresses: [['end0', '10.4.0.10/24']] };

/** The same answers without a process for each. */
async function explained(changes: Readonly<Record<string, Said | null>>) {
  const inventory = await loadInventory(FILE);
  const { getter } = cluster(changes);
  const { signal } = new AbortController();
  const looks = inventory.machines.map((machine) => lookAt(getter, machine, signal));
  const { conclusion, findings, owners } = explainVip(
    '10.4.0.9',
    await Promise.all(looks),
    inventory,
  );
  const text = `${conclusion}\n\n${checkText(findings, { colours: false })}`;
  return { code: owners.length === 1 ? 0 : 3, stdout: text };
}

await t.test('all is well: who has it, exit 0', async (t) => {
  const { code, stdout, stderr } = await cli(['talos', 'explain', FILE], cluster().env);
  t.equal(stderr, '');
  t.equal(code, 0, stdout);
  t.match(stdout, /^a has 10\.4\.0\.9, and nobody else\.\n/);
  t.notMatch(stdout, /\nfail|\nwarn/);
  const doctor = await cli(['talos', 'doctor', FILE, '--json'], cluster().env);
  t.match(JSON.parse(doctor.stdout), [{ vip: '10.4.0.9', owners: ['a'] }]);
});

await t.test('why nobody has it: the first cause is named', async (t) => {
  const none = { etcd: false };
  const cases: [string, Readonly<Record<string, Said | null>>, RegExp][] = [
    [
      'not bootstrapped',
      { '10.4.0.10': { ...bare, ...none }, '10.4.0.11': none, '10.4.0.12': none },
      /etcd runs on no node that answered: .*bootstrap-plan/,
    ],
    [
      'no majority',
      { '10.4.0.10': bare, '10.4.0.11': null, '10.4.0.12': none },
      /etcd runs on 1 of 3: that is no majority\. Bring back 1 more/,
    ],
    [
      'another name of the link',
      { '10.4.0.10': { ...bare, vips: [['eth0', '10.4.0.9']] } },
      /First .*a link: has no link eth0: .*links that are up: end0; its own address is on end0/,
    ],
    ['link down', { '10.4.0.10': { ...bare, links: { end0: 'down' } } }, /end0 is down/],
    ['not configured', { '10.4.0.10': { ...bare, vips: [] } }, /not in its configuration/],
    ['two of one name', { '10.4.0.10': { ...bare, hostname: 'b' } }, /is called b, as b is/],
    ['after a crash', { '10.4.0.10': bare }, /Everything that it needs is there\. .*within 65 s/],
  ];
  for (const [what, changes, said] of cases) {
    const { code, stdout } = await explained(changes);
    t.equal(code, 3, what);
    t.match(stdout, said, what);
  }
});

await t.test('more than one, a node that is away, a version with a defect', async (t) => {
  const vip = ['end0', '10.4.0.9/32'] as const;
  const two = await explained({ '10.4.0.11': { addresses: [vip] } });
  t.equal(two.code, 3);
  t.match(two.stdout, /a and b have 10\.4\.0\.9 at once/);
  const away = await explained({ '10.4.0.12': null });
  t.equal(away.code, 0);
  t.match(away.stdout, /yet it could not move to every other[^]*d state +does not answer.*timeout/);
  const old = await explained({ '10.4.0.11': { version: 'v1.12.10' } });
  t.match(old.stdout, /warn +b version +v1\.12\.10: .*60 s more/);
});

await t.test('an alias names a link; two links of one VIP do not go', async (t) => {
  const alias = await explained({ '10.4.0.11': { vips: [['altend0', '10.4.0.9']] } });
  t.match(alias.stdout, /ok +b link +altend0 is up/);
  const vips = [['end0', '10.4.0.9'] as const, ['end1', '10.4.0.9'] as const];
  const twice = await explained({ '10.4.0.11': { vips, links: { end0: 'up', end1: 'up' } } });
  t.match(twice.stdout, /fail +b VIP +10\.4\.0\.9 is on end0 and end1: they depose/);
});

await t.test('without a VIP there is nothing to explain', async (t) => {
  const file = join(dir, 'none.yaml');
  writeFileSync(
    file,
    'name: c\nendpoint: {mode: none}\nnodes: [{name: a, role: controlplane, address: 10.4.0.10}]\n',
  );
  t.match(await cli(['talos', 'explain', file]), { code: 2, stderr: /vips is missing/ });
});
