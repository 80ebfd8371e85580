import t from 'tap';
import { after } from '../../src/clock.ts';
import { Stamps } from '../../src/election/stamps.ts';
import { NOW } from '../fixtures/situation.ts';

await t.test('a condition is dated by its first look, and that alone', (t) => {
  const stamps = new Stamps();
  t.equal(stamps.due('slot', 'a', NOW, 100), after(NOW, 100));
  t.equal(stamps.due('slot', 'a', after(NOW, 50), 100), after(NOW, 100), 'not by a later look');
  t.equal(stamps.due('slot', 'a', NOW, 1), after(NOW, 100), 'a later promise does not shorten it');
  t.end();
});

await t.test(
  'another condition in the slot starts anew, and so does the first when it returns',
  (t) => {
    const stamps = new Stamps();
    stamps.due('slot', 'a', NOW, 100);
    t.equal(stamps.due('slot', 'b', after(NOW, 50), 100), after(NOW, 150));
    t.equal(stamps.due('slot', 'a', after(NOW, 60), 100), after(NOW, 160));
    t.end();
  },
);

await t.test('slots do not know of each other; a cleared one starts anew', (t) => {
  const stamps = new Stamps();
  stamps.due('one', 'a', NOW, 100);
  stamps.due('two', 'a', after(NOW, 1), 100);
  t.ok(stamps.holds('one', 'a'));
  t.notOk(stamps.holds('one', 'b'));
  stamps.clear('one');
  t.notOk(stamps.holds('one', 'a'));
  t.equal(stamps.due('one', 'a', after(NOW, 5), 100), after(NOW, 105));
  t.equal(stamps.due('two', 'a', NOW, 100), after(NOW, 101));
  stamps.clearAll();
  t.notOk(stamps.holds('two', 'a'));
  t.end();
});
