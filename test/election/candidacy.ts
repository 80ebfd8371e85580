// What a node writes that waits for its turn.
import t from 'tap';
import { startElections } from '../fixtures/election.ts';
import { overlaps } from '../fixtures/hold.ts';
import { loseFirst } from '../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

await t.test('rule 11: a deposing whose reply was lost has deposed', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a').start();
  await a.until('proved');
  const b = node('b').start();
  await b.when(() => b.queue.length === 2);
  const lost = loseFirst(b, 'release');
  await a.crash();
  const txn = await lost;
  t.ok(txn.success.some((each) => 'value' in each && each.value.includes('"state":"deposed"')));
  await b.until('taken');
  t.match(await hand.record(), { state: 'held', node: 'b' });
  t.strictSame(overlaps([a, b]), []);
});
