import t from 'tap';
import { Latency } from '../../../src/election/etcd/latency.ts';

await t.test('the mean follows what calls take, slowly', async (t) => {
  const latency = new Latency();
  t.equal(latency.meanMs, undefined);
  latency.note(10);
  t.equal(latency.meanMs, 10, 'the first one is all that is known');
  latency.note(20);
  t.equal(latency.meanMs, 11);
  for (let call = 0; call < 100; call += 1) latency.note(2);
  t.ok((latency.meanMs ?? 0) < 2.01);
});

await t.test('slow is what is far from the mean, and not below 50 ms', async (t) => {
  const latency = new Latency();
  t.equal(latency.isSlow(50), false);
  t.equal(latency.isSlow(51), true, 'nothing is known: 50 ms');
  latency.note(2);
  t.equal(latency.isSlow(50), false);
  t.equal(latency.isSlow(51), true);
  const far = new Latency();
  far.note(30);
  t.equal(far.isSlow(240), false);
  t.equal(far.isSlow(241), true);
});
