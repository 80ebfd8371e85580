// A node says who it is, under the guard of its own heartbeat key.
import t from 'tap';
import { ElectionCore } from '../../src/election/core.ts';
import { writeFacts } from '../../src/election/facts.ts';
import type { Self } from '../../src/election/situation.ts';
import { StoreError } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { Hand } from '../fixtures/hand.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';
import { WrappedStore } from '../fixtures/wrapped-store.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import { leaseOf } from '../fixtures/situation.ts';
import { VirtualClock, settle } from '../fixtures/virtual-clock.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store: real } = openStore(t, cluster.endpoints);
const FACTS = '{"version":"1.2.3"}';
for (const node of ['s', 'x']) await real.grantLease(leaseOf(node), 600, within());

const heard = (): void => undefined;

let prefixes = 0;

/** Node `s`, with time that the test moves and an etcd that is real. */
function setUp() {
  prefixes += 1;
  const prefix = `/f${prefixes}`;
  const clock = new VirtualClock();
  const store = new WrappedStore(real);
  const journal = new MemoryJournal();
  const listener = {
    onQueue: heard,
    onTaken: heard,
    onProved: heard,
    onBarred: heard,
    onDue: heard,
    onLost: heard,
  };
  const core = new ElectionCore(
    { store, clock, journal, emit: heard, listener },
    { node: 's', prefix, groups: [{ name: 'g' }], timing: TIMING, facts: () => FACTS },
  );
  const { identity, bootId } = journal.memory;
  const self: Self = { node: 's', identity, bootId, lease: leaseOf('s') };
  const stop = new AbortController();
  const answers: Promise<unknown>[] = [];
  const send = store.txn.bind(store);
  store.txn = (...asked) => {
    const answer = send(...asked);
    // It may fail: whoever asked hears of that.
    answers.push(answer.catch(() => undefined));
    return answer;
  };
  const tried = async (): Promise<void> => {
    await clock.advance(1000);
    await Promise.all(answers);
    await settle();
  };
  return { core, store, clock, self, stop, tried, hand: new Hand(real, prefix) };
}

await t.test('they are written on our lease once our heartbeat key stands', async (t) => {
  const { core, clock, self, stop, store, tried, hand } = setUp();
  const { keys } = hand;
  let written = false;
  const writing = writeFacts(core, self, stop.signal).then(() => (written = true));
  await clock.advance(999);
  t.equal(store.sent.length, 0, 'a second later: the taking comes first');
  await clock.advance(1);
  await tried();
  t.equal(await hand.get(keys.facts('s')), undefined, 'no heartbeat key, no facts');
  await hand.put(keys.node('s'), 'another’s beat', leaseOf('x'));
  await tried();
  t.equal(await hand.get(keys.facts('s')), undefined, 'nor under the name of another');
  t.equal(written, false);
  await hand.put(keys.node('s'), 'beat', leaseOf('s'));
  await tried();
  t.match(await hand.get(keys.facts('s')), { value: FACTS, lease: leaseOf('s') });
  await writing;
  t.equal(written, true);
  t.equal(clock.pending, 0, 'and then it is done');
});

await t.test('etcd’s failures are waited out, a second each', async (t) => {
  const { core, clock, self, stop, store, tried, hand } = setUp();
  await hand.put(hand.keys.node('s'), 'beat', leaseOf('s'));
  store.onTxn = () => Promise.reject(new StoreError('UNAVAILABLE', '', 'no endpoint answers'));
  const writing = writeFacts(core, self, stop.signal);
  for (let tries = 1; tries <= 3; tries += 1) {
    await tried();
    t.equal(store.sent.length, tries);
  }
  store.onTxn = (_txn, send) => send();
  await tried();
  await writing;
  t.match(await hand.get(hand.keys.facts('s')), { value: FACTS });
  t.equal(clock.pending, 0);
});

await t.test('a failure that is not etcd’s is a defect', async (t) => {
  const { core, clock, self, stop, store } = setUp();
  store.onTxn = () => Promise.reject(new TypeError('a defect'));
  const writing = t.rejects(writeFacts(core, self, stop.signal), { message: 'a defect' });
  await clock.advance(1000);
  await writing;
});

await t.test('it ends with the signal, waiting or asking', async (t) => {
  const waiting = setUp();
  const first = writeFacts(waiting.core, waiting.self, waiting.stop.signal);
  waiting.stop.abort(new Error('the session is over'));
  await first;
  t.equal(waiting.store.sent.length, 0);
  t.equal(waiting.clock.pending, 0);
  const asking = setUp();
  asking.store.onTxn = () => {
    asking.stop.abort(new Error('the session is over'));
    return Promise.reject(new Error('aborted'));
  };
  const second = writeFacts(asking.core, asking.self, asking.stop.signal);
  await asking.clock.advance(1000);
  await second;
  t.equal(asking.store.sent.length, 1, 'and not once more');
  await writeFacts(asking.core, asking.self, AbortSignal.abort(new Error('before it began')));
  t.equal(asking.store.sent.length, 1);
});
