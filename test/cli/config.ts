import { join } from 'node:path';
import t from 'tap';
import { main } from '../../src/cli/main.ts';

async function config(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  await main(['config', ...args], {
    stdout: (text) => void (said.stdout += text),
    stderr: (text) => void (said.stderr += text),
    env: { VIP_ELECTOR_NODE: 'pi-1' },
  });
  return said;
}

await t.test('config prints each value with its source', async (t) => {
  const dir = t.testdir({ 'a.yaml': 'prefix: /x\nholdFor: 5s\n' });
  const file = join(dir, 'a.yaml');
  const { stdout, stderr } = await config(
    '--config',
    file,
    '--vip=10.0.0.100',
    '--vip=10.0.0.101,10.0.0.102',
    '--etcd=https://10.0.0.1:2379',
    '--keep-on-stop',
    '--no-etcd-insecure',
  );
  t.equal(stderr, '');
  t.equal(
    stdout,
    `node: pi-1 # VIP_ELECTOR_NODE
prefix: /x # ${file}:1
etcd:
  endpoints: [ https://10.0.0.1:2379 ] # --etcd
  insecure: false # --etcd-insecure
profile: steady # default
holdFor: 5s # ${file}:2
leaseTtl: 15s # default
announceEvery: 3s # default
onConflict: defend # default
listen: :2112 # default
runtimeDir: /run/vip-elector # default
stateDir: /var/lib/vip-elector # default
log:
  level: info # default
  format: auto # default
hooks:
  timeout: 10s # default
keepOnStop: true # --keep-on-stop
groups:
  - name: default # default
    vips: [ 10.0.0.100, 10.0.0.101, 10.0.0.102 ] # --vip
    link: auto # default
    weight: 50 # default
    preempt: false # default
    preemptAfter: 30s # default
# timing: hold 5s, heartbeat 500ms, request deadline 800ms, grace 1.8s, takeover 6.072s, lease 15s
`,
  );
});

await t.test('warnings go to standard error', async (t) => {
  const { stdout, stderr } = await config('--vip', '10.0.0.9', '--etcd', 'http://10.0.0.1:2379');
  t.match(stdout, 'endpoints: [ http://10.0.0.1:2379 ]');
  t.match(stderr, /^vip-elector: warning: etcd at .* plain http/);
});

await t.test('the schema is JSON that refuses unknown fields', async (t) => {
  const { stdout } = await config('--schema');
  t.match(JSON.parse(stdout), {
    type: 'object',
    additionalProperties: false,
    properties: { groups: { items: { additionalProperties: false } } },
  });
});
