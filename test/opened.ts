import t from 'tap';
import { Opened } from '../src/opened.ts';

await t.test('what was opened last is closed first, each before the next', async (t) => {
  const opened = new Opened();
  const log: string[] = [];
  opened.add(() => void log.push('first'));
  opened.add(async () => {
    log.push('second begins');
    await Promise.resolve();
    log.push('second ends');
  });
  await opened.close();
  t.strictSame(log, ['second begins', 'second ends', 'first']);
  await opened.close();
  t.equal(log.length, 3, 'once');
});

await t.test('what cannot be closed keeps nothing else open, and is told', async (t) => {
  const opened = new Opened();
  const log: string[] = [];
  opened.add(() => void log.push('first'));
  opened.add(() => Promise.reject(new Error('second')));
  opened.add(() => {
    throw new Error('third');
  });
  await t.rejects(opened.close(), { message: 'third' });
  t.strictSame(log, ['first']);
});
