import t from 'tap';
import { FirstOfEach } from '../../src/observe/first-of-each.ts';

await t.test('each kind of a subject is first once, until the subject is forgotten', async (t) => {
  const said = new FirstOfEach();
  t.ok(said.isFirst('a', 'x'));
  t.notOk(said.isFirst('a', 'x'));
  t.ok(said.isFirst('a', 'y'));
  t.ok(said.isFirst('b', 'x'));
  said.forget('a');
  t.ok(said.isFirst('a', 'x'));
  t.notOk(said.isFirst('b', 'x'));
});
