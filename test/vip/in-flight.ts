import t from 'tap';
import { InFlight } from '../../src/vip/in-flight.ts';
import { Latch } from '../fixtures/latch.ts';
import { settle } from '../fixtures/virtual-clock.ts';

/** Remembers the defects that it is told. */
function work(): { inFlight: InFlight; defects: unknown[] } {
  const defects: unknown[] = [];
  return { inFlight: new InFlight((error) => defects.push(error)), defects };
}

await t.test('it is settled when all is done, what was begun meanwhile included', async (t) => {
  const { inFlight } = work();
  await inFlight.settled();
  const [first, second] = [new Latch(), new Latch()];
  inFlight.spawn(first.opened.then(() => inFlight.spawn(second.opened)));
  let settled = false;
  const end = inFlight.settled().then(() => (settled = true));
  first.open();
  await settle();
  t.equal(settled, false);
  second.open();
  t.equal(await end, true);
});

await t.test('what fails is a defect', async (t) => {
  const { inFlight, defects } = work();
  const failed = new Latch();
  inFlight.spawn(
    failed.opened.then(() => {
      throw new TypeError('a defect');
    }),
  );
  const end = inFlight.settled();
  failed.open();
  await end;
  t.match(defects, [{ message: 'a defect' }]);
});

await t.test('cut short, it may fail as it likes', async (t) => {
  const { inFlight, defects } = work();
  const { signal } = inFlight;
  inFlight.spawn(
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
  );
  inFlight.cut(new Error('the stop takes too long'));
  inFlight.cut(new Error('once more'));
  await inFlight.settled();
  t.match(signal.reason, { message: 'the stop takes too long' });
  t.strictSame(defects, []);
});
