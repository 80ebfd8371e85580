import t from 'tap';
import { Rotation } from '../../../src/election/etcd/rotation.ts';

const endpoint = (name: string): { name: string; bad: boolean; suspicious: () => boolean } => {
  const self = { name, bad: false, suspicious: () => self.bad };
  return self;
};
const three = [endpoint('a'), endpoint('b'), endpoint('c')] as const;
const [a, b, c] = three;
t.beforeEach(() => {
  for (const each of three) each.bad = false;
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
