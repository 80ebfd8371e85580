/**
 * The commands that look at a live cluster, in a network namespace: VIP and control planes are
 * addresses of `lo` there, the API a real TLS server, talosctl the stand-in, ARP on a real link.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { readSans } from '../../../src/talos/live/api.ts';
import { CertificateAuthority } from '../../fixtures/certificates.ts';
import { cli } from '../../fixtures/cli.ts';
import { cable, inNamespace, ip } from '../../fixtures/namespace.ts';
import { StandIn } from '../../fixtures/talosctl/cluster.ts';

const NODES = ['10.4.0.10', '10.4.0.11', '10.4.0.12'];
const CONFIG = 'machine:\n  type: controlplane\n  token: test0.onlytoken0\ncluster: {}\n';

const names = (all: readonly string[]): string => all.map((one) => `IP:${one}`).join(',');

await inNamespace(t, import.meta.url, async () => {
  const dir = t.testdir({
    'c.yaml': `name: c
talosVersion: v1.12.11
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: n10, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: n11, role: controlplane, address: 10.4.0.11, mac: 00:1a:2b:3c:4d:5e}
  - {name: n12, role: controlplane, address: 10.4.0.12, link: end0}
`,
    configs: { 'n10.yaml': CONFIG, 'n11.yaml': CONFIG, 'n12.yaml': CONFIG },
    cluster: {},
  });
  const file = join(dir, 'c.yaml');
  const cluster = new StandIn(join(dir, 'cluster'));
  const say = (node: string, more: object = {}): void => {
    const addresses = [['end0', `${node}/24`] as const];
    const vips = [['end0', '10.4.0.9'] as const];
    const hostname = `n${node.slice(-2)}`;
    cluster.say(node, { hostname, addresses, vips, config: CONFIG, ...more });
  };
  for (const node of NODES) say(node);
  const talos = (...args: string[]) => cli(['talos', ...args], cluster.env);
  const owner = {
    addresses: [
      ['end0', '10.4.0.10/24'],
      ['end0', '10.4.0.9/32'],
    ] as const,
  };

  await t.test('preflight: links, subnet, versions, and nobody has the VIP', async (t) => {
    const away = cable('lan0', 'peer');
    t.teardown(away);
    ip('addr', 'add', '10.4.0.99/24', 'dev', 'lan0');
    const free = await talos('preflight', file, '--probe-link', 'lan0');
    t.equal(free.stderr, '');
    t.equal(free.code, 0, free.stdout);
    t.match(free.stdout, /ok +VIP 10\.4\.0\.9 +nobody answered 3 ARP probes/);
    t.match(free.stdout, /ok +n11 link +end0 is up/, 'found by its MAC');
    ip('netns', 'exec', 'peer', 'ip', 'addr', 'add', '10.4.0.9/24', 'dev', 'peer');
    const used = await talos('preflight', file, '--probe-link', 'lan0');
    t.equal(used.code, 3);
    t.match(used.stdout, /fail +VIP 10\.4\.0\.9 +somebody else answers for it \(ARP\)/);
    say('10.4.0.12', { addresses: [['end0', '10.9.0.12/24']] });
    const far = await talos('preflight', file, '--probe-link', 'none');
    t.match(
      far.stdout,
      /fail +n12 subnet +10\.4\.0\.9 is in no subnet of end0 \(10\.9\.0\.12\/24\)/,
    );
    t.match(far.stdout, /warn +VIP .*there is no link none/);
    say('10.4.0.12');
    t.equal((await talos('preflight', file, '--maintenance')).code, 3);
  });

  await t.test('verify: owner, endpoint, certificates; what fails is named', async (t) => {
    for (const address of ['10.4.0.9', ...NODES]) ip('addr', 'add', `${address}/32`, 'dev', 'lo');
    const authority = new CertificateAuthority(dir, 'ca');
    const good = authority.issue('api', {
      names: `DNS:kubernetes,${names(['10.4.0.9', ...NODES])}`,
    });
    const poor = authority.issue('poor', { names: names(NODES) });
    let status = 401;
    const pem = ({ certFile, keyFile }: typeof good) => ({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    });
    const server = createServer(pem(good), (_request, response) => {
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(6443, '0.0.0.0', resolve));
    t.teardown(() => server.close());
    say('10.4.0.10', owner);
    const well = await talos('verify', file, '--configs', join(dir, 'configs'));
    t.equal(well.stderr, '');
    t.equal(well.code, 0, well.stdout);
    t.match(well.stdout, /ok +API 10\.4\.0\.9 +serves, and its certificate names it/);
    t.match(well.stdout, /ok +n11 configuration/);
    server.setSecureContext(pem(poor));
    const unnamed = await talos('verify', file);
    t.equal(unnamed.code, 3);
    t.match(unnamed.stdout, /fail +API 10\.4\.0\.9 +its certificate names .*not 10\.4\.0\.9/);
    t.match(unnamed.stdout, /ok +API 10\.4\.0\.10 /);
    status = 500;
    t.match((await talos('verify', file)).stdout, /fail +API 10\.4\.0\.11 +\/readyz says 500/);
    ip('addr', 'del', '10.4.0.9/32', 'dev', 'lo');
    say('10.4.0.10');
    const gone = await talos('verify', file);
    t.match(
      gone.stdout,
      /fail +owner of 10\.4\.0\.9 +Nobody has it|fail +owner of 10\.4\.0\.9 +Nobody has 10/,
    );
    t.match(gone.stdout, /fail +API 10\.4\.0\.9 +10\.4\.0\.9 port 6443: /);
  });
  t.strictSame(readSans('DNS:Kubernetes, IP Address:FD00:0:0:0:0:0:0:9, URI:x'), [
    'kubernetes',
    'fd00::9',
  ]);

  await t.test('drift is shown with secrets masked, exit 5', async (t) => {
    const changed = CONFIG.replace('onlytoken0', 'othertoken').replace('{}', '{id: x}');
    writeFileSync(join(dir, 'configs', 'n11.yaml'), changed);
    const { code, stdout } = await talos('verify', file, '--configs', `${dir}/configs`, '--diff');
    t.equal(code, 5);
    t.match(stdout, /^# n11 configuration: differs in 2 lines/);
    t.match(stdout, /\+cluster: \{ ?id: x/);
    t.notMatch(stdout, /onlytoken0|othertoken/);
  });

  await t.test('fetch: what the machines have, 0600', async (t) => {
    const out = join(dir, 'present');
    const { code, stdout, stderr } = await talos('fetch', file, '--out', out);
    t.equal(code, 0, stderr);
    t.match(stdout, `${out}/n12.yaml: written\n`);
    t.equal(readFileSync(join(out, 'n10.yaml'), 'utf8'), CONFIG);
    t.equal(statSync(join(out, 'n10.yaml')).mode & 0o777, 0o600);
    t.equal(statSync(out).mode & 0o777, 0o700);
  });
});
