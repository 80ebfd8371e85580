import t from 'tap';
import type { Instant } from '../../src/clock.ts';
import { Fence, type Right } from '../../src/fencing/fence.ts';

const at = (ms: number) => ms as Instant;
const right = (deadline: number, key = 'election/1', createRevision = 7): Right => ({
  token: { key, createRevision },
  deadline: at(deadline),
});

await t.test('it is closed until it is armed', async (t) => {
  const fence = new Fence();
  t.equal(fence.isOpen(at(0)), false);
  t.equal(fence.deadline, undefined);
  t.equal(fence.slackMs(at(0)), 0);
});

await t.test('it is open before the deadline and closed from it on', async (t) => {
  const fence = new Fence();
  fence.arm(right(1000));
  t.equal(fence.isOpen(at(999.999)), true);
  t.equal(fence.isOpen(at(1000)), false);
  t.equal(fence.isOpen(at(1001)), false);
  t.equal(fence.deadline, 1000);
});

await t.test('slack is what is left, and never less than nothing', async (t) => {
  const fence = new Fence();
  fence.arm(right(1000));
  t.equal(fence.slackMs(at(250)), 750);
  t.equal(fence.slackMs(at(1000)), 0);
  t.equal(fence.slackMs(at(5000)), 0);
});

await t.test('a proof of the armed token moves the deadline on, never back', async (t) => {
  const fence = new Fence();
  fence.arm(right(1000));
  t.equal(fence.extend(right(2000)), true);
  t.equal(fence.deadline, 2000);
  t.equal(fence.extend(right(1500)), true, 'an older one counts, and changes nothing');
  t.equal(fence.deadline, 2000);
});

await t.test('a proof of another token is ignored', async (t) => {
  const fence = new Fence();
  fence.arm(right(1000));
  t.equal(fence.extend(right(2000, 'election/2')), false);
  t.equal(fence.extend(right(2000, 'election/1', 8)), false, 'the same key, made anew');
  t.equal(fence.deadline, 1000);
});

await t.test('a proof does not open a fence that was never armed or was closed', async (t) => {
  const fence = new Fence();
  t.equal(fence.extend(right(1000)), false);
  t.equal(fence.isOpen(at(0)), false);
  fence.arm(right(1000));
  fence.close();
  t.equal(fence.isOpen(at(0)), false);
  t.equal(fence.slackMs(at(0)), 0);
  t.equal(fence.extend(right(2000)), false);
  t.equal(fence.isOpen(at(0)), false);
});

await t.test('a new token replaces the old one, whatever its deadline', async (t) => {
  const fence = new Fence();
  fence.arm(right(5000));
  fence.arm(right(2000, 'election/2', 9));
  t.equal(fence.deadline, 2000);
  t.equal(fence.extend(right(6000)), false, 'the old one is over');
  t.equal(fence.extend(right(6000, 'election/2', 9)), true);
});
