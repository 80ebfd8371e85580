import t from 'tap';
import { interruptible } from '../../src/lab/interruptible.ts';

async function signalled(signal: AbortSignal): Promise<never> {
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGINT', 'SIGINT');
  signal.throwIfAborted();
  throw new Error('not aborted');
}

await t.test('a signal aborts the work once, and says that it cleans up', async (t) => {
  const said: string[] = [];
  await t.rejects(
    interruptible((line) => void said.push(line), signalled),
    { message: 'interrupted by SIGTERM' },
  );
  t.strictSame(said, ['SIGTERM: cleaning up']);
});

await t.test('the result is handed through, and nobody listens any more', async (t) => {
  const before = process.listenerCount('SIGHUP');
  const during = await interruptible(
    () => t.fail('nothing to say'),
    () => Promise.resolve(process.listenerCount('SIGHUP')),
  );
  t.equal(during, before + 1);
  t.equal(process.listenerCount('SIGHUP'), before);
});
