import t from 'tap';
import { FactsReading } from '../../src/election/facts-reading.ts';
import type { FactsByNode } from '../../src/election/node-facts.ts';

const FACTS: FactsByNode = new Map([['n1', {}]]);
const open = (): AbortSignal => new AbortController().signal;

await t.test('many that ask at once are one read, and the next is another', async (t) => {
  let reads = 0;
  const reading = new FactsReading(async () => {
    reads += 1;
    return FACTS;
  });
  const all = await Promise.all([1, 2, 3].map(() => reading.ask(open())));
  t.strictSame(all, [FACTS, FACTS, FACTS]);
  t.equal(reads, 1);
  await reading.ask(open());
  t.equal(reads, 2);
});

await t.test('whoever goes away does not end it for the others', async (t) => {
  let answer: ((facts: FactsByNode) => void) | undefined;
  const reading = new FactsReading(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const going = new AbortController();
  const gone = reading.ask(going.signal);
  const stays = reading.ask(open());
  going.abort(new Error('over'));
  await t.rejects(gone, { message: 'over' });
  await t.rejects(reading.ask(going.signal), { message: 'over' });
  answer?.(FACTS);
  t.equal(await stays, FACTS);
});

await t.test('a read that fails fails for all who asked, and the next asks anew', async (t) => {
  let fails = true;
  const reading = new FactsReading(async () => {
    if (fails) throw new Error('no answer');
    return FACTS;
  });
  const asked = [reading.ask(open()), reading.ask(open())];
  for (const each of asked) await t.rejects(each, { message: 'no answer' });
  fails = false;
  t.equal(await reading.ask(open()), FACTS);
});
