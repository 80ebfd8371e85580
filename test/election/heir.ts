// Rule 13 [A10]: who is next after a release, and whose keys go for it; on a real etcd.
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { startElections } from '../fixtures/election.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

await t.test('the heir takes, past a living candidate, which stands anew behind it', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a').start();
  await a.until('taken');
  const b = node('b').start();
  await a.when(() => a.queue.length === 2);
  const c = node('c').start();
  await a.when(() => a.queue.length === 3);
  const [, , last] = a.queue;
  a.elector.setCandidate('g', false);
  await a.yieldTo('handover', last?.leaseId ?? '');
  await c.until('taken');
  t.match(await hand.record(), { state: 'held', node: 'c' });
  await c.when(() => c.queue.map((each) => each.node).join() === 'c,b');
  t.equal(b.heard.filter(({ type }) => type === 'taken').length, 0);
});

await t.test('an heir whose key is gone by then: whoever is next takes', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a').start();
  await a.until('taken');
  const b = node('b').start();
  await a.when(() => a.queue.length === 2);
  const c = node('c').start();
  await a.when(() => a.queue.length === 3);
  const heir = a.queue[2]?.leaseId ?? '';
  a.elector.setCandidate('g', false);
  a.store.onTxn = async (txn, send) => {
    if (kindOf(txn) === 'release') {
      a.store.onTxn = (_txn, next) => next();
      c.elector.setCandidate('g', false);
      const key = `${hand.keys.election('g')}/${heir}`;
      while ((await hand.get(key)) !== undefined) await systemClock.sleep(5);
    }
    return send();
  };
  await a.yieldTo('handover', heir);
  await b.until('taken');
  t.match(await hand.record(), { state: 'held', node: 'b' });
  t.equal(a.store.sent.filter((txn) => kindOf(txn) === 'release').length, 2);
});
