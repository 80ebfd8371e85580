import t from 'tap';
import { Keys } from '../../src/election/keys.ts';
import { Roster } from '../../src/election/roster.ts';
import { StoreError, type TxnReply } from '../../src/election/store.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

function setUp(facts: Record<string, string>) {
  const clock = new VirtualClock();
  const state = { reads: 0, facts, broken: false };
  const store = {
    txn: (): Promise<TxnReply> => {
      state.reads += 1;
      if (state.broken) return Promise.reject(new StoreError('UNAVAILABLE', '', 'gone'));
      const kvs = Object.entries(state.facts).map(([node, value]) => ({
        key: `/vip-elector/facts/${node}`,
        value,
        createRevision: 1,
        modRevision: 1,
        lease: '0',
      }));
      const header = { clusterId: '1', revision: 1 };
      return Promise.resolve({ succeeded: true, header, results: [{ kvs, count: kvs.length }] });
    },
  };
  return { clock, state, roster: new Roster(store, clock, new Keys('/vip-elector')) };
}

await t.test('a MAC is of the node whose facts name it, whatever the others wrote', async (t) => {
  const { roster, state } = setUp({
    h1: '{"macs":["02:00:00:00:00:01","02:00:00:00:00:11"]}',
    h2: 'no JSON',
    h3: '{"macs":7}',
    h4: 'null',
    h5: '{"macs":[5,"02:00:00:00:00:05"]}',
  });
  t.strictSame(await roster.ownerOf('02:00:00:00:00:11'), { node: 'h1' });
  t.strictSame(await roster.ownerOf('02:00:00:00:00:05'), { node: 'h5' });
  t.equal(await roster.ownerOf('02:00:00:00:00:99'), 'stranger');
  t.equal(state.reads, 1, 'one look for all of them, and none for those that are known');
});

await t.test('it looks again after a second; what etcd does not say is unknown', async (t) => {
  const { roster, state, clock } = setUp({});
  const both = [roster.ownerOf('a'), roster.ownerOf('b')];
  t.strictSame(await Promise.all(both), ['stranger', 'stranger']);
  state.facts = { h1: '{"macs":["a"]}' };
  t.equal(await roster.ownerOf('a'), 'stranger', 'not yet');
  await clock.advance(1000);
  t.strictSame(await roster.ownerOf('a'), { node: 'h1' });
  state.broken = true;
  await clock.advance(1000);
  t.equal(await roster.ownerOf('b'), 'unknown');
  t.equal(await roster.ownerOf('b'), 'unknown', 'still, before it looks again');
  t.strictSame(await roster.ownerOf('a'), { node: 'h1' }, 'what was known is known');
});
