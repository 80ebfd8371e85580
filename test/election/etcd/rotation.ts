import t from 'tap';
import { Rotation } from '../../../src/election/etcd/rotation.ts';

interface Stub {
  readonly name: string;
  bad: boolean;
  late: boolean;
  latencyMs: number | undefined;
  suspicious(): boolean;
  slow(): boolean;
}

const endpoint = (name: string): Stub => {
  const self: Stub = {
    name,
    bad: false,
    late: false,
    latencyMs: undefined,
    suspicious: () => self.bad,
    slow: () => self.late,
  };
  return self;
};
const three = [endpoint('a'), endpoint('b'), endpoint('c')] as const;
const [a, b, c] = three;
t.beforeEach(() => {
  for (const each of three) Object.assign(each, { bad: false, late: false, latencyMs: undefined });
});

await t.test('calls stay on the first endpoint while it is good', async (t) => {
  const rotation = new Rotation(three);
  t.equal(rotation.pick(), a);
  rotation.answered(b);
  t.equal(rotation.pick(), a, 'another that answers does not matter');
});

await t.test('a suspicious endpoint is passed over, and what answered is kept', async (t) => {
  const rotation = new Rotation(three);
  a.bad = true;
  t.equal(rotation.pick(), b);
  b.bad = true;
  t.equal(rotation.pick(), c);
  rotation.answered(c);
  a.bad = false;
  t.equal(rotation.pick(), c, 'the last good one, not the first');
});

await t.test('when all are suspicious each has its turn', async (t) => {
  const rotation = new Rotation(three);
  for (const each of three) each.bad = true;
  const picked = [rotation.pick(), rotation.pick(), rotation.pick()].map(({ name }) => name);
  t.strictSame(picked.toSorted(), ['a', 'b', 'c']);
});

await t.test(
  'while an answer is overdue the next call goes elsewhere, and then back',
  async (t) => {
    const rotation = new Rotation(three);
    a.late = true;
    t.equal(rotation.pick(), b);
    t.equal(rotation.preferred, a);
    b.late = true;
    c.late = true;
    t.equal(rotation.pick(), a, 'all are late: it makes no difference');
    a.bad = true;
    t.equal(rotation.pick(), b, 'late is better than suspicious');
    a.bad = false;
    a.late = false;
    t.equal(rotation.pick(), a);
  },
);

await t.test('one that is clearly quicker is preferred from the next comparison on', async (t) => {
  const rotation = new Rotation(three);
  rotation.settle();
  t.equal(rotation.preferred, a, 'nothing is known');
  Object.assign(a, { latencyMs: 10 });
  Object.assign(b, { latencyMs: 6.1 });
  rotation.settle();
  t.equal(rotation.preferred, a, 'not by so little');
  Object.assign(b, { latencyMs: 5.9 });
  Object.assign(c, { latencyMs: 4 });
  rotation.settle();
  t.equal(rotation.preferred, c, 'the quickest of those that are');
  Object.assign(b, { latencyMs: 1, bad: true });
  rotation.settle();
  t.equal(rotation.preferred, c, 'never a suspicious one');
  Object.assign(b, { bad: false });
  rotation.settle();
  t.equal(rotation.pick(), b);
});

await t.test('below a millisecond nobody is quicker', async (t) => {
  const rotation = new Rotation(three);
  Object.assign(a, { latencyMs: 0.9 });
  Object.assign(b, { latencyMs: 0.1 });
  rotation.settle();
  t.equal(rotation.preferred, a);
});
