/** The failover is measured on a real address of a network namespace that goes and comes back. */
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { spread } from '../../../src/talos/live/failover.ts';
import { CertificateAuthority } from '../../fixtures/certificates.ts';
import { cli } from '../../fixtures/cli.ts';
import { inNamespace, ip } from '../../fixtures/namespace.ts';
import { StandIn } from '../../fixtures/talosctl/cluster.ts';

const AWAY_MS = 600;

await inNamespace(t, import.meta.url, async () => {
  const dir = t.testdir({
    cluster: {},
    'c.yaml': `name: c
endpoint: {mode: talosvip}
vips: [10.4.0.9]
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0}
  - {name: b, role: controlplane, address: 10.4.0.11, link: end0}
`,
  });
  const file = join(dir, 'c.yaml');
  const cluster = new StandIn(join(dir, 'cluster'));
  const vip = [['end0', '10.4.0.9/32']] as const;
  // What they say afterwards is made first, so that it can be moved into place.
  const after = join(dir, 'after');
  mkdirSync(after);
  cluster.say('10.4.0.10', { hostname: 'a' });
  cluster.say('10.4.0.11', { hostname: 'b', addresses: vip });
  const answers = (node: string): string => join(cluster.directory, node, 'get-addresses');
  for (const node of ['10.4.0.10', '10.4.0.11']) renameSync(answers(node), join(after, node));
  cluster.say('10.4.0.10', { hostname: 'a', addresses: vip });
  cluster.say('10.4.0.11', { hostname: 'b' });
  const back = [
    `sleep ${AWAY_MS / 1000}`,
    ...['10.4.0.10', '10.4.0.11'].map((node) => `mv ${after}/${node} ${answers(node)}`),
    'ip addr add 10.4.0.9/32 dev lo',
  ];
  const script = `ip addr del 10.4.0.9/32 dev lo\n(${back.join('; ')}) >/dev/null 2>&1 &`;
  cluster.on('10.4.0.10', 'reboot', script);

  await t.test('how long the API is away is measured, and who has the VIP then', async (t) => {
    ip('addr', 'add', '10.4.0.9/32', 'dev', 'lo');
    const names = 'DNS:kubernetes,IP:10.4.0.9';
    const { certFile, keyFile } = new CertificateAuthority(dir, 'ca').issue('api', { names });
    const pem = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const server = createServer(pem, (_request, response) => response.writeHead(401).end());
    await new Promise<void>((resolve) => server.listen(6443, '0.0.0.0', resolve));
    t.teardown(() => server.close());
    const args = ['failover-test', file, '--by', 'force', '--yes', '--json', '--every', '50ms'];
    const { code, stdout, stderr } = await cli(['talos', ...args], cluster.env);
    t.equal(code, 0, stderr);
    const { runs, max, boundMs } = JSON.parse(stdout) as {
      runs: { from: string; to: string; outageMs: number }[];
      max: number;
      boundMs: number;
    };
    t.match(runs, [{ from: 'a', to: 'b' }]);
    t.ok(max >= AWAY_MS * 0.9, `${max} ms: it was away for ${AWAY_MS}`);
    t.ok(max < 20_000);
    t.equal(boundMs, 65_000);
    const reboots = cluster.calls.filter((line) => line.includes('reboot'));
    t.strictSame(reboots, ['--nodes 10.4.0.10 reboot --wait=false --mode force']);
  });

  await t.test('a cluster that is not well is not rebooted', async (t) => {
    cluster.say('10.4.0.10', { hostname: 'a', etcd: false });
    const args = ['failover-test', file, '--yes', '--every', '10ms', '--wait', '20ms'];
    const { code, stderr } = await cli(['talos', ...args], cluster.env);
    t.match({ code, stderr }, { code: 1, stderr: /etcd does not run on a/ });
    t.match(await cli(['talos', ...args, '--runs', '0'], cluster.env), { code: 2 });
    t.equal(cluster.calls.filter((line) => line.includes('reboot')).length, 1);
  });

  t.strictSame(spread([30, 10, 20]), { min: 10, median: 20, max: 30 });
});
