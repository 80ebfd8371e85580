import t from 'tap';
import { lastAnswerAt } from '../../src/lab/last-answer.ts';

const answer = (mac: string, at: number) => ({ probe: 0, at, mac });

await t.test('the last answer of one station, whatever others say and for whichever VIP', (t) => {
  const probes = [
    { vip: '10.0.0.1', sentAt: [1], answers: [answer('a', 2), answer('a', 5), answer('b', 9)] },
    { vip: '10.0.0.2', sentAt: [1], answers: [answer('a', 4)] },
  ];
  t.equal(lastAnswerAt({ probes }, 'a'), 5);
  t.equal(lastAnswerAt({ probes }, 'c'), undefined, 'one that never answered');
  t.end();
});
