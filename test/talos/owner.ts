// Who has the VIP, asked by the program at a stand-in of talosctl that prints as the real one does.
import { chmodSync, mkdtempSync } from 'node:fs';
import { dirname } from 'node:path';
import t from 'tap';
import { startCluster } from '../../src/lab/etcd.ts';
import { parseJsonObjects } from '../../src/talos/talosctl/json-stream.ts';
import { Talosctl, TalosctlError } from '../../src/talos/talosctl/talosctl.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import { Hand } from '../fixtures/hand.ts';
import { run } from '../fixtures/program.ts';
import { StandIn } from '../fixtures/talosctl/cluster.ts';

const NODES = ['--nodes', '10.4.0.10,10.4.0.11'];
const VIP = ['--vip', '10.4.0.9'];
const directory = t.testdir();

/** Environment in which talosctl is the stand-in, with what each node has to say. */
function standIn(nodes: Readonly<Record<string, readonly (readonly [string, string])[]>>) {
  const cluster = new StandIn(mkdtempSync(`${directory}/`));
  for (const [node, addresses] of Object.entries(nodes)) cluster.say(node, { addresses });
  return cluster.env;
}

const own = (node: number): [string, string] => ['end0', `10.4.0.${node}/24`];

await t.test('one owner: by the exact address, not by its beginning', async (t) => {
  const env = standIn({
    '10.4.0.10': [own(10), ['end0', '10.4.0.90/32']],
    '10.4.0.11': [own(11), ['end0', '10.4.0.9/32']],
  });
  const ended = await run(['talos', 'owner', ...VIP, ...NODES, '--json'], { env });
  t.equal(ended.code, 0, ended.stderr);
  t.match(JSON.parse(ended.stdout), {
    verdict: 'one',
    owners: ['10.4.0.11'],
    answers: [
      { node: '10.4.0.10', owns: false },
      { node: '10.4.0.11', owns: true, link: 'end0' },
    ],
  });
});

await t.test('none, several and not known are told apart, with what to do', async (t) => {
  const vip: [string, string] = ['end0', '10.4.0.9/32'];
  const cases = [
    [
      { '10.4.0.10': [own(10)], '10.4.0.11': [own(11)] },
      3,
      /Nobody has 10\.4\.0\.9\. .*bootstrapped/,
    ],
    [{ '10.4.0.10': [vip], '10.4.0.11': [vip] }, 3, /10\.4\.0\.10 and 10\.4\.0\.11 have .*at once/],
    [{ '10.4.0.10': [own(10)] }, 1, /10\.4\.0\.11 did not answer[^]*i\/o timeout/],
    [{ '10.4.0.10': [vip] }, 0, /10\.4\.0\.10 has 10\.4\.0\.9\. 10\.4\.0\.11 did not answer/],
  ] as const;
  for (const [nodes, code, said] of cases) {
    const ended = await run(['talos', 'owner', ...VIP, ...NODES], { env: standIn(nodes) });
    t.equal(ended.code, code, ended.stdout);
    t.match(ended.stdout, said);
  }
});

await t.test('a silent talosctl is ended in time, a missing one is named', async (t) => {
  const { signal } = new AbortController();
  // tap puts itself into every process of Node that a test starts: this one is none.
  const program = `${t.testdir({ talosctl: '#!/bin/sh\nexec sleep 60\n' })}/talosctl`;
  chmodSync(program, 0o755);
  const path = `${dirname(program)}:${process.env['PATH']}`;
  const silent = new Talosctl({ env: { PATH: path }, withinMs: 700 });
  await t.rejects(silent.get('n', 'addresses', signal), /did not answer within 0\.7 s/);
  const none = new Talosctl({ env: { PATH: directory } });
  await t.rejects(none.get('n', 'addresses', signal), /talosctl is not in PATH/);
  await t.rejects(none.get('n', 'addresses', AbortSignal.abort()), TalosctlError);
});

await t.test('JSON objects one after the other, and nothing else', async (t) => {
  t.strictSame(parseJsonObjects('{"a":"}{\\""}\n{\n "b": {}}\n'), [{ a: '}{"' }, { b: {} }]);
  t.strictSame(parseJsonObjects(' \n'), []);
  for (const text of ['NODE  NAMESPACE', '{"a":1', '[{}]', '{} x', '{a}']) {
    t.throws(() => parseJsonObjects(text), SyntaxError, text);
  }
});

await t.test("Talos's election in a real etcd: leader, queue, lease left", async (t) => {
  const cluster = await startCluster({ size: 1, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [endpoint = ''] = cluster.endpoints;
  const { store } = openStore(t, [endpoint]);
  const hand = new Hand(store, '/vip-elector');
  const args = ['talos', 'owner', ...VIP, '--etcd', endpoint, '--etcd-insecure'];
  const before = await run(args);
  t.equal(before.code, 3, before.stderr);
  t.match(before.stdout, /Nobody stands in talos:v1:vip:election:10\.4\.0\.9\//);
  for (const [lease, node] of [
    ['102', 'cp-1'],
    ['101', 'cp-2'],
  ] as const) {
    await store.grantLease(lease, 60, within());
    await hand.put(`talos:v1:vip:election:10.4.0.9/${lease}`, node, lease);
  }
  const after = await run(args);
  t.equal(after.code, 0, after.stderr);
  t.match(after.stdout, /leader {3}cp-1 {2}lease \d+ s of 60 s\n {2}waiting {2}cp-2/);
});

await t.test('what is missing or no address: exit 2', async (t) => {
  for (const args of [[], VIP, ['--vip', '10.4.0', ...NODES]]) {
    const ended = await run(['talos', 'owner', ...args]);
    t.equal(ended.code, 2, ended.stderr);
    t.match(ended.stderr, /--(vip|nodes)/);
  }
});
