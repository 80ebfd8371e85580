/**
 * Runs what docs/talos.md says, from top to bottom in an empty directory: files of `yaml file=NAME` blocks
 * are written, lines of `sh` blocks run in this process, and what follows `#>` must be in the output.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cli } from '../fixtures/cli.ts';
import { StandIn } from '../fixtures/talosctl/cluster.ts';

const TEXT = readFileSync(new URL('../../docs/talos.md', import.meta.url), 'utf8');
const BLOCK = /^```(sh|yaml file=(\S+))\n([^]*?)^```$/gm;

/** Machines of the examples, as healthy ones say. */
function machines(directory: string): StandIn {
  const cluster = new StandIn(directory);
  const say = (node: string, hostname: string, vip: string, type: string, owner: boolean): void => {
    const own = ['end0', `${node}/24`] as const;
    const config = `# as generated\nmachine:\n  type: ${type}\n  token: test0.onlytoken0\ncluster:
  id: dGVzdA==\n  controlPlane: {endpoint: "https://192.168.1.11:6443"}
---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: ${hostname}\n`;
    const addresses = owner ? [own, ['end0', `${vip}/32`] as const] : [own];
    cluster.say(node, { hostname, addresses, config, vips: [['end0', vip]] });
  };
  for (const [at, name] of ['allyrion', 'bettley', 'cargyll'].entries()) {
    say(`10.4.0.${10 + at}`, name, '10.4.0.9', 'controlplane', at === 0);
  }
  // A trap of the text: one machine calls its link otherwise.
  cluster.say('10.4.0.12', {
    hostname: 'cargyll',
    links: { eth0: 'up' },
    addresses: [['eth0', '10.4.0.12/24']],
    vips: [['end0', '10.4.0.9']],
  });
  for (const at of [11, 12, 13, 14]) {
    const type = at === 14 ? 'worker' : 'controlplane';
    say(`192.168.1.${at}`, `n${at}`, '192.168.1.10', type, at === 11);
  }
  return cluster;
}

await t.test('every command of the text does what the text says', async (t) => {
  const dir = t.testdir({ cluster: {}, pi: { 'old.yaml': 'old' } });
  const work = process.cwd();
  process.chdir(dir);
  t.teardown(() => process.chdir(work));
  const env = { ...machines(join(dir, 'cluster')).env, HOME: dir };
  let commands = 0;
  for (const [, kind, file, body = ''] of TEXT.matchAll(BLOCK)) {
    if (kind !== 'sh') {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, file ?? ''), body);
      continue;
    }
    for (const part of body.split(/^(?=vip-elector )/m)) {
      const [line = '', ...expected] = part.trimEnd().split('\n');
      const [, command = '', exit = '0'] = /^vip-elector (.*?)(?: # exit (\d+))?$/.exec(line) ?? [];
      const { code, stdout, stderr } = await cli(command.split(' '), env);
      t.equal(code, Number(exit), `${line}\n${stderr}${code === Number(exit) ? '' : stdout}`);
      for (const one of expected)
        t.ok(`${stdout}${stderr}`.includes(one.slice(3)), `${line} ${one}`);
      commands += 1;
    }
  }
  t.ok(commands > 30, `${commands} commands`);
});

await t.test('one section for each of the four systems, and no command that is not run', (t) => {
  for (const name of ['goldentooth', 'pi-cluster', 'talos-operator', 'terraform-proxmox-talos']) {
    t.match(TEXT, new RegExp(`^## From .*${name}`, 'm'));
  }
  const outside = TEXT.replaceAll(BLOCK, '');
  t.notMatch(outside, /^vip-elector /m);
  t.end();
});
