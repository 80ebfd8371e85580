import t from 'tap';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';
import { TestNode } from '../fixtures/test-node.ts';
import { openStore } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const { store } = openStore(t, endpoints);

await t.test(
  'rule 10: a restart gives up the keys of groups that are configured no more',
  async (t) => {
    const hand = new Hand(store, '/t');
    for (const group of ['g', 'old', 'queued']) await hand.seedReleased(group);
    const all = ['g', 'old', 'queued'].map((name) => ({ name }));
    const other = new TestNode(t, {
      name: 'o',
      prefix: '/t',
      endpoints,
      groups: [{ name: 'queued' }],
    });
    other.start();
    await other.until('taken');
    const a = new TestNode(t, { name: 'a', prefix: '/t', endpoints, groups: all }).start();
    for (const group of ['g', 'old']) await a.until('proved', (each) => each.group === group);
    await a.crash();
    const saved = structuredClone(a.journal.saved);
    // As the daemon does: what is not configured is withdrawn before, and its token not remembered.
    saved.tokens = saved.tokens.filter(({ group }) => group === 'g');
    const journal = new MemoryJournal(saved);
    const again = new TestNode(t, { name: 'a', prefix: '/t', endpoints, journal }).start();
    t.equal((await again.until('taken')).resumed, true, 'what is configured is resumed');
    t.match(await hand.record('old'), { state: 'released', reason: 'config-changed', by: 'a' });
    t.strictSame(await hand.under(`${hand.keys.election('old')}/`), []);
    t.match(await hand.record('queued'), { state: 'held', node: 'o' });
    t.equal((await hand.under(`${hand.keys.election('queued')}/`)).length, 1);
  },
);

await t.test('an election that stands under our prefix by another name is no stray', async (t) => {
  const hand = new Hand(store, '/moved');
  await hand.seedReleased();
  const groups = [{ name: 'g', electionKey: '/moved/elections/elsewhere' }];
  const a = new TestNode(t, { name: 'a', prefix: '/moved', endpoints, groups }).start();
  const { proof } = await a.until('taken');
  await a.crash();
  const journal = new MemoryJournal(structuredClone(a.journal.saved));
  const again = new TestNode(t, {
    name: 'a',
    prefix: '/moved',
    endpoints,
    groups,
    journal,
  }).start();
  const resumed = await again.until('taken');
  t.equal(resumed.resumed, true);
  t.strictSame(resumed.proof.token, proof.token);
});
