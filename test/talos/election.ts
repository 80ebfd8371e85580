// Talos's own election, in a real etcd, with keys as Go's concurrency.Election writes them.
import t from 'tap';
import { StoreError } from '../../src/election/store.ts';
import { ConfigError, ExitCode } from '../../src/errors.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { refuseTalosVips, talosConflicts } from '../../src/talos/admission.ts';
import { readTalosElection, talosManagedVips } from '../../src/talos/election.ts';
import { someConfig } from '../fixtures/config.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import { Hand } from '../fixtures/hand.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store } = openStore(t, cluster.endpoints);
const hand = new Hand(store, '/vip-elector');
const VIP = '10.0.0.100';

/** An etcd that answers every transaction with this. */
const says = (code: 'PERMISSION_DENIED' | 'UNAVAILABLE') => ({
  txn: () => Promise.reject(new StoreError(code, 'e0', code)),
});

/** A candidate as Talos enters one: session of 60 s, the lease in hex, the host name. */
async function stand(vip: string, lease: string, node: string): Promise<void> {
  await store.grantLease(lease, 60, within());
  await hand.put(`talos:v1:vip:election:${vip}/${lease}`, node, lease);
}

await t.test('an election that nobody stands in is empty, and nothing is managed', async (t) => {
  const election = await readTalosElection(store, VIP, within());
  t.strictSame(election.candidates, []);
  t.equal(election.electionKey, `talos:v1:vip:election:${VIP}`);
  await refuseTalosVips(someConfig(), store, within());
});

await t.test('the leader is first, each with what its lease has left', async (t) => {
  // The higher lease ID was there first: the create revision orders them.
  await stand(VIP, '694d8f1b3c2a0b1f', 'cp-1');
  await stand(VIP, '101', 'cp-2');
  await stand('10.0.0.10', '102', 'other');
  await hand.put(`talos:v1:vip:election:${VIP}/no-lease`, 'by hand');
  const { candidates } = await readTalosElection(store, VIP, within());
  t.strictSame(
    candidates.map(({ node, leaseId }) => [node, leaseId]),
    [
      ['cp-1', '694d8f1b3c2a0b1f'],
      ['cp-2', '101'],
    ],
  );
  for (const { leaseLeftSeconds, leaseGrantedSeconds } of candidates) {
    t.equal(leaseGrantedSeconds, 60);
    t.ok(leaseLeftSeconds > 0 && leaseLeftSeconds <= 60, `${leaseLeftSeconds} s left`);
  }
  t.strictSame(await talosManagedVips(store, within()), [
    { vip: VIP, nodes: ['cp-1', 'cp-2'] },
    { vip: '10.0.0.10', nodes: ['other'] },
  ]);
});

await t.test('a VIP that Talos manages is refused, with the remedy', async (t) => {
  try {
    await refuseTalosVips(someConfig(), store, within());
    t.fail('refused');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    const { message, exitCode } = error as ConfigError;
    t.equal(exitCode, ExitCode.usage);
    t.match(message, /group api = "10\.0\.0\.100": is managed by Talos .*"cp-1", "cp-2"/);
    t.match(message, /electionKey talos:v1:vip:election:10\.0\.0\.100/);
  }
});

await t.test(
  'who joins that very election is welcome; a neighbour in its group is not',
  async (t) => {
    const electionKey = `talos:v1:vip:election:${VIP}`;
    const [group] = someConfig().groups;
    if (group === undefined) throw new Error('a group');
    await refuseTalosVips(someConfig({ groups: [{ ...group, electionKey }] }), store, within());
    const second = { family: 4, address: '10.0.0.10', prefixLength: 32 } as const;
    const both = [{ ...group, electionKey, vips: [...group.vips, second] }];
    await t.rejects(refuseTalosVips(someConfig({ groups: both }), store, within()), ConfigError);
  },
);

await t.test(
  'a user of etcd who may not read there is in an etcd that is not Talos’s',
  async (t) => {
    await refuseTalosVips(someConfig(), says('PERMISSION_DENIED'), within());
    await t.rejects(refuseTalosVips(someConfig(), says('UNAVAILABLE'), within()), StoreError);
  },
);

await t.test('the message names few of many candidates', async (t) => {
  const nodes = Array.from({ length: 9 }, (_, n) => `cp-${n}`);
  const [problem] = talosConflicts(someConfig().groups, [{ vip: VIP, nodes }]);
  t.match(problem?.problem, /"cp-4", …\)/);
});

await t.test('a lease that is gone has nothing left', async (t) => {
  t.strictSame(await store.timeToLive('dead', within()), { left: 0, granted: 0 });
});
