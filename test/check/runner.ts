import t from 'tap';
import { ok } from '../../src/check/finding.ts';
import { runChecks, type Check } from '../../src/check/runner.ts';
import { systemClock } from '../../src/clock.ts';
import { ConfigError } from '../../src/errors.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const never = new AbortController().signal;
const check = (name: string, look: Check['look'], withinMs = 1000): Check => ({
  name,
  withinMs,
  look,
});

await t.test('findings come in the order of the checks, which go on at once', async (t) => {
  const clock = new VirtualClock();
  const slow = check('slow', async () => {
    await clock.sleep(500);
    return [ok('slow', 'a'), ok('slow', 'b')];
  });
  const quick = check('quick', async () => [ok('quick', 'c')]);
  const nothing = check('nothing', async () => []);
  const running = runChecks([slow, nothing, quick], clock, never);
  await clock.advance(500);
  t.same(
    (await running).map(({ detail }) => detail),
    ['a', 'b', 'c'],
  );
  t.equal(clock.pending, 0, 'no timer is left');
});

await t.test('what a check throws fails, and the others are told all the same', async (t) => {
  const problem = { field: 'vips', value: '10.0.0.255', problem: 'is none', remedy: 'another' };
  const checks = [
    check('thrower', async () => {
      throw new Error('no socket', { cause: new Error('EMFILE') });
    }),
    check('refused', async () => {
      throw new ConfigError([
        problem,
        { field: 'etcd', problem: 'is odd', remedy: 'make it even' },
      ]);
    }),
    check('other', async () => [ok('other', 'well')]),
  ];
  t.match(await runChecks(checks, systemClock, never), [
    { name: 'thrower', verdict: 'fail', detail: 'could not be looked at: no socket: EMFILE' },
    {
      name: 'refused',
      verdict: 'fail',
      detail: 'vips = "10.0.0.255" is none',
      remedy: 'another',
    },
    { name: 'refused', verdict: 'fail', detail: 'etcd is odd', remedy: 'make it even' },
    { name: 'other', verdict: 'ok', detail: 'well' },
  ]);
});

await t.test('one that hangs is given up in its time, and told so', async (t) => {
  const clock = new VirtualClock();
  let told: AbortSignal | undefined;
  const hanging = check('hanging', (signal) => {
    told = signal;
    return new Promise(() => undefined);
  });
  const running = runChecks([hanging, check('other', async () => [])], clock, never);
  await clock.advance(1000);
  t.match(await running, [
    { name: 'hanging', verdict: 'fail', detail: 'was not seen within 1000 ms', remedy: /again/ },
  ]);
  t.equal(told?.aborted, true);
});

await t.test('an abort ends all of it', async (t) => {
  const stop = new AbortController();
  const clock = new VirtualClock();
  const hanging = check('hanging', () => new Promise(() => undefined));
  const obedient = check('obedient', (signal) => clock.sleep(900, signal).then(() => []));
  const running = runChecks([hanging, obedient], clock, stop.signal);
  stop.abort(new Error('enough'));
  await t.rejects(running, { message: 'enough' });
  t.equal(clock.pending, 0);
  await t.rejects(runChecks([hanging], clock, stop.signal), { message: 'enough' });
});
