import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { bounded } from '../../../src/election/etcd/bounded.ts';
import { StoreError } from '../../../src/election/store.ts';

const bounds = { clock: systemClock, endpoint: 'e', signals: [] };
const never = new Promise<never>(() => undefined);

/** Fails once it is told to stop. */
const work = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('late')));
  });

await t.test('what work yields in time is passed on, and its signal aborts after', async (t) => {
  let inner: AbortSignal | undefined;
  const result = await bounded({ ...bounds, deadlineMs: 10_000 }, async (signal) => {
    inner = signal;
    return 1;
  });
  t.equal(result, 1);
  t.equal(inner?.aborted, true);
  await t.rejects(
    bounded(bounds, () => Promise.reject(new Error('own'))),
    { message: 'own' },
  );
});

await t.test('the deadline rejects although work never settles', async (t) => {
  await t.rejects(
    bounded({ ...bounds, deadlineMs: 1 }, () => never),
    { code: 'DEADLINE_EXCEEDED', endpoint: 'e' },
  );
});

await t.test('a late failure of abandoned work is no unhandled rejection', async (t) => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): unknown => rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  await t.rejects(bounded({ ...bounds, deadlineMs: 1 }, work), { code: 'DEADLINE_EXCEEDED' });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', onRejection);
  t.strictSame(rejections, []);
});

await t.test('a signal rejects at once, by its reason if that is ours', async (t) => {
  const aborter = new AbortController();
  const pending = bounded({ ...bounds, signals: [aborter.signal] }, () => never);
  aborter.abort(new StoreError('UNAVAILABLE', 'e', 'broken'));
  await t.rejects(pending, { code: 'UNAVAILABLE', message: 'broken' });
  let started = false;
  const refused = bounded({ ...bounds, signals: [AbortSignal.abort('x')] }, async () => {
    started = true;
  });
  await t.rejects(refused, { code: 'CANCELLED', cause: 'x' });
  t.equal(started, false);
});
