import t from 'tap';
import { after } from '../../src/clock.ts';
import type { Proof } from '../../src/election/types.ts';
import { Hold } from '../../src/vip/hold.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  const expired: string[] = [];
  const hold = new Hold(clock, (reason, detail) => void expired.push(`${reason}: ${detail}`));
  const proof = (holdForMs: number, createRevision = 7): Proof => {
    const sentAt = clock.now();
    return { token: { key: 'k', createRevision }, sentAt, deadline: after(sentAt, holdForMs) };
  };
  return { clock, expired, hold, proof };
}

const LATE = ['fence-expired: no heartbeat was confirmed in time'];

await t.test('it expires once, 20 ms ahead of its deadline', async (t) => {
  const { clock, expired, hold, proof } = setUp();
  hold.begin(proof(4000));
  t.equal(hold.fence.isOpen(clock.now()), true);
  await clock.advance(3979);
  t.strictSame(expired, []);
  await clock.advance(3);
  t.strictSame(expired, LATE);
  t.equal(hold.fence.deadline, undefined, 'closed before anybody is told');
  t.equal(clock.pending, 0);
  hold.check();
  t.equal(expired.length, 1);
});

await t.test('a proof of its token moves the deadline, one of another does not', async (t) => {
  const { clock, expired, hold, proof } = setUp();
  hold.begin(proof(1000));
  t.equal(hold.extend(proof(9000, 8)), false);
  await clock.advance(500);
  t.equal(hold.extend(proof(1000)), true);
  await clock.advance(900);
  t.strictSame(expired, []);
  await clock.advance(100);
  t.strictSame(expired, LATE);
  t.equal(hold.extend(proof(1000)), false, 'a right that has ended is not extended');
});

await t.test('after a pause the clock decides, before any timer', (t) => {
  const { clock, expired, hold, proof } = setUp();
  hold.begin(proof(1000));
  clock.jump(979);
  hold.check();
  t.strictSame(expired, []);
  clock.jump(1);
  hold.check();
  t.strictSame(expired, LATE);
  t.end();
});

await t.test('a suspend ends it, whatever is left; without a right it is nothing', (t) => {
  const { expired, hold, proof } = setUp();
  hold.onSuspended(300);
  t.strictSame(expired, []);
  hold.begin(proof(60_000));
  hold.onSuspended(1000.4);
  t.strictSame(expired, ['suspended: the machine was suspended for 1000 ms']);
  t.equal(hold.fence.deadline, undefined);
  t.end();
});

await t.test('ended, it has no timer, and nobody is told', async (t) => {
  const { clock, expired, hold, proof } = setUp();
  let rearmed = 0;
  const rearm = (): void => void (rearmed += 1);
  hold.begin(proof(1000));
  hold.setRearm(after(clock.now(), 100), rearm);
  await clock.advance(100);
  t.equal(rearmed, 1);
  hold.setRearm(after(clock.now(), 100), rearm);
  hold.end();
  hold.end();
  t.equal(clock.pending, 0);
  await clock.advance(2000);
  t.equal(rearmed, 1);
  t.strictSame(expired, []);
});
