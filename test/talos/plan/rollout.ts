import { execFileSync } from 'node:child_process';
import t from 'tap';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { bootstrapPlan } from '../../../src/talos/plan/bootstrap.ts';
import { planMarkdown } from '../../../src/talos/plan/markdown.ts';
import { parseOwnPhases, withOwnPhases } from '../../../src/talos/plan/own-phases.ts';
import type { Plan } from '../../../src/talos/plan/plan.ts';
import { totalMinutes } from '../../../src/talos/plan/plan.ts';
import { resetPlan } from '../../../src/talos/plan/reset.ts';
import { rolloutPlan } from '../../../src/talos/plan/rollout.ts';
import { shellLine } from '../../../src/talos/plan/shell.ts';

const inventory = parseInventory(
  `name: pi
talosVersion: v1.12.3
kubernetesVersion: v1.34.0
endpoint: {mode: talosvip}
vips: [192.168.1.10]
dnsName: api.example.net
nodes:
  - {name: n11, role: controlplane, address: 192.168.1.11, link: end0, patches: ["a: 1"]}
  - {name: n12, role: controlplane, address: 192.168.1.12, link: end0}
  - {name: n13, role: controlplane, address: 192.168.1.13, link: end0}
  - {name: n14, role: worker, address: 192.168.1.14}
`,
  '/c.yaml',
);
const around = { inventory, file: 'c.yaml' };
const commandsOf = ({ phases }: Plan): string[] =>
  phases.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands));
const idsOf = ({ phases }: Pick<Plan, 'phases'>): string[] => phases.map(({ id }) => id);

await t.test('words of a line come to a shell as they were', (t) => {
  const words = ["it's", '$HOME', 'a b', '{.spec}', '', 'plain-1.yaml', '`x`', '#'];
  const line = shellLine(['printf', '%s\\n', ...words]);
  t.equal(execFileSync('sh', ['-c', line], { encoding: 'utf8' }), `${words.join('\n')}\n`);
  t.end();
});

await t.test('onto a running cluster: nothing is reset, nothing is generated', (t) => {
  const plan = rolloutPlan({ ...around, way: 'in-place', directory: 'new', current: 'now' });
  t.strictSame(idsOf(plan), 'prepare integrate apply verify failover dns finish'.split(' '));
  const text = planMarkdown(plan);
  t.notMatch(text, /reset|gen config|bootstrap/);
  const commands = commandsOf(plan);
  const at = (part: string): number => commands.findIndex((line) => line.includes(part));
  t.ok(at('talos fetch c.yaml --out new/present') < at('talos apply c.yaml'));
  t.ok(at('etcd snapshot') >= 0 && at('etcd snapshot') < at('talos apply'));
  const integrate = commands.filter((line) => line.startsWith('vip-elector talos integrate'));
  t.equal(integrate.length, 4);
  t.match(integrate[0], 'new/present/n11.yaml --vip-patch new/patches/n11-00-vip.yaml');
  t.match(integrate[3], 'new/present/n14.yaml --patch new/patches/n14-00-vip.yaml');
  t.notMatch(integrate.join('\n'), /-own\.yaml/, 'they would be merged a second time');
  t.ok(text.indexOf('Let api.example.net point to') > text.indexOf('talos verify'));
  t.match(text, /\| \| \*\*all\*\* \| \*\*45\*\* \|\n\nAllow 63 minutes/);
  t.end();
});

await t.test(
  'a rebuild: generate, integrate with own patches last, reset marked, bootstrap',
  (t) => {
    const plan = rolloutPlan({ ...around, way: 'rebuild', directory: 'new' });
    t.strictSame(
      idsOf(plan).slice(0, 6),
      'prepare generate integrate reset apply bootstrap'.split(' '),
    );
    t.match(plan.warnings.join(), /not needed for a VIP/);
    const commands = commandsOf(plan).join('\n');
    t.match(
      commands,
      'talosctl gen config pi https://api.example.net:6443 --with-secrets new/secrets.yaml ' +
        '--output new/generated --talos-version v1.12.3 --kubernetes-version 1.34.0\n',
    );
    t.match(commands, /n11-00-vip\.yaml --node-patch \S+n11-01-own\.yaml --node-patch n12=/);
    t.match(commands, /apply c\.yaml --configs new\/nodes --insecure/);
    const destructive = plan.phases.flatMap(({ steps }) => steps.filter((one) => one.destructive));
    t.equal(destructive.length, 1);
    t.match(destructive[0]?.commands[0], /reset --graceful=false --reboot --system-labels-to-wipe/);
    t.match(planMarkdown(plan), '- [ ] **Destroys data.** Empty all machines. Run it yourself');
    t.end();
  },
);

await t.test('everything goes through nodes, nothing through the VIP', (t) => {
  const plans = [
    rolloutPlan({ ...around, way: 'rebuild', directory: 'new' }),
    bootstrapPlan(around),
    resetPlan(around),
  ];
  for (const line of plans.flatMap(commandsOf).filter((line) => line.startsWith('talosctl'))) {
    t.notMatch(line.replace(/ https:\S+/, ''), /192\.168\.1\.10\b/);
  }
  t.match(bootstrapPlan(around).warnings.join(), /will not answer before etcd runs/);
  t.equal(
    commandsOf(bootstrapPlan(around)).filter((line) => line.endsWith(' bootstrap')).length,
    1,
  );
  t.end();
});

await t.test("phases of one's own are placed, and told apart from mistakes", (t) => {
  const own = parseOwnPhases(
    `phases:
  - {title: Flux, minutes: 20, steps: [{text: Deploy, command: "flux get all"}, look]}
  - {title: First, after: verify, steps: [a]}
  - {title: Second, after: verify, steps: [b]}
`,
    'p.yaml',
  );
  const plan = bootstrapPlan(around);
  const phases = withOwnPhases(
    [...plan.phases, { id: 'finish', title: 'F', minutes: 0, steps: [] }],
    own,
  );
  t.strictSame(phases.map(({ title }) => title).slice(1), [
    'Verify',
    'First',
    'Second',
    'Flux',
    'F',
  ]);
  t.equal(totalMinutes({ ...plan, phases }), 40);
  t.match(planMarkdown({ ...plan, phases }), /- \[ \] Deploy\n\n {2}```sh\n {2}flux get all/);
  const wrong: [string, RegExp][] = [
    ['phases: [{title: x, steps: []}]', /p\.yaml:1:\d+ phases\[0\]\.steps/],
    ['phases: [{titel: x, steps: [a]}]', /titel: is no field.*title/],
    ['phases: [', /is no YAML/],
  ];
  for (const [text, said] of wrong) t.throws(() => parseOwnPhases(text, 'p.yaml'), said);
  const lost = parseOwnPhases('phases: [{title: x, after: verfy, steps: [a]}]', 'p.yaml');
  t.throws(() => withOwnPhases(plan.phases, lost), /"verfy": is no phase.*bootstrap, verify/);
  t.end();
});
