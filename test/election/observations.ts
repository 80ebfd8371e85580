import t from 'tap';
import { after } from '../../src/clock.ts';
import { encodeBeat } from '../../src/election/beat.ts';
import { Observations } from '../../src/election/observations.ts';
import type { KeyValue } from '../../src/election/store.ts';
import { beatOf, KEYS, leaseOf, NOW } from '../fixtures/situation.ts';

const kv = (node: string, modRevision: number, value = encodeBeat(beatOf(node))): KeyValue => ({
  key: KEYS.node(node),
  value,
  createRevision: 1,
  modRevision,
  lease: leaseOf(node),
});

await t.test('a beat is dated when it was first seen, however often it is read', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.see(kv('a', 5), NOW);
  seen.see(kv('a', 5), after(NOW, 100));
  t.match(seen.ofNode('a'), { revision: 5, present: true, firstSeenAt: NOW, lease: leaseOf('a') });
  seen.see(kv('a', 6), after(NOW, 200));
  t.match(seen.ofNode('a'), { revision: 6, firstSeenAt: after(NOW, 200) });
  t.end();
});

await t.test(
  '[A2] revision and promise come from one reading; an older one changes nothing',
  (t) => {
    const seen = new Observations(KEYS.nodes);
    seen.see(kv('a', 6, encodeBeat(beatOf('a', { holdForMs: 9000 }))), NOW);
    seen.see(kv('a', 5, encodeBeat(beatOf('a', { holdForMs: 600 }))), after(NOW, 100));
    t.match(seen.ofNode('a'), { revision: 6, firstSeenAt: NOW, beat: { holdForMs: 9000 } });
    t.end();
  },
);

await t.test('[H4] a vanished key is a change, dated by the look that missed it', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.see(kv('a', 5), NOW);
  seen.miss('a', 9, after(NOW, 100));
  const gone = { revision: 9, present: false, firstSeenAt: after(NOW, 100), beat: undefined };
  t.match(seen.ofNode('a'), gone);
  seen.miss('a', 12, after(NOW, 300));
  t.match(seen.ofNode('a'), gone, 'the first look that missed it counts');
  seen.see(kv('a', 8), after(NOW, 400));
  t.match(seen.ofNode('a'), gone, 'a late sight of the past does not bring it back');
  seen.see(kv('a', 13), after(NOW, 500));
  t.match(seen.ofNode('a'), { revision: 13, present: true, firstSeenAt: after(NOW, 500) });
  t.end();
});

await t.test(
  'a look older than what was seen misses nothing; nor does one at an unknown key',
  (t) => {
    const seen = new Observations(KEYS.nodes);
    seen.see(kv('a', 5), NOW);
    seen.miss('a', 5, after(NOW, 1));
    seen.miss('a', 4, after(NOW, 1));
    seen.miss('unknown', 9, after(NOW, 1));
    t.match(seen.ofNode('a'), { present: true, firstSeenAt: NOW });
    t.equal(seen.ofNode('unknown'), undefined);
    t.end();
  },
);

await t.test('a whole read sees what is there and misses what is not', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.replaceAll([kv('a', 5), kv('b', 6)], 7, NOW);
  seen.replaceAll([kv('b', 6)], 8, after(NOW, 100));
  t.match(seen.ofNode('a'), { present: false, revision: 8, firstSeenAt: after(NOW, 100) });
  t.match(seen.ofNode('b'), { present: true, firstSeenAt: NOW });
  t.equal(seen.all().length, 2);
  t.end();
});

await t.test('by lease only what is present is found', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.see(kv('a', 5), NOW);
  t.equal(seen.ofLease(leaseOf('a'))?.node, 'a');
  t.equal(seen.ofLease(leaseOf('b')), undefined);
  seen.miss('a', 6, NOW);
  t.equal(seen.ofLease(leaseOf('a')), undefined);
  t.equal(seen.ofLease(''), undefined);
  t.end();
});

await t.test('what cannot be read is seen all the same, without a promise', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.see(kv('a', 5, 'garbage'), NOW);
  t.match(seen.ofNode('a'), { present: true, beat: undefined, firstSeenAt: NOW });
  t.end();
});

await t.test('pruning forgets what vanished long ago, and nothing else', (t) => {
  const seen = new Observations(KEYS.nodes);
  seen.replaceAll([kv('a', 5), kv('b', 5), kv('c', 5)], 5, NOW);
  seen.miss('a', 6, after(NOW, 100));
  seen.miss('b', 7, after(NOW, 200));
  seen.prune(after(NOW, 150));
  t.equal(seen.ofNode('a'), undefined);
  t.ok(seen.ofNode('b'));
  t.ok(seen.ofNode('c'));
  seen.clear();
  t.strictSame(seen.all(), []);
  t.end();
});
