import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { ElectorEvent, GroupState, Reason } from '../../src/events.ts';
import { Hooks } from '../../src/hooks/hooks.ts';
import { until } from '../fixtures/program.ts';
import { script } from '../fixtures/script.ts';

const WEB = {
  name: 'web',
  vips: ['10.0.0.5', '10.0.0.6'].map(
    (address) => ({ address, family: 4, prefixLength: 32 }) as const,
  ),
};

interface Bench {
  readonly hooks: Hooks;
  readonly events: ElectorEvent[];
  /** What the hooks wrote, a line each. */
  readonly lines: () => string[];
  readonly move: (from: GroupState, to: GroupState, reason: Reason, detail?: string) => void;
}

/** Hooks for all that they are run for, each of which writes its facts. */
function bench(t: Test, first = ''): Bench {
  const file = join(t.testdir({ facts: '' }), 'facts');
  const facts = ['EVENT', 'GROUP', 'NODE', 'VIPS', 'LINK', 'REASON', 'DETAIL'];
  const text = facts.map((name) => `$VIP_ELECTOR_${name}`).join('|');
  const program = script(t, `${first}\necho "${text}" >> ${file}`);
  const events: ElectorEvent[] = [];
  const hooks = new Hooks({
    config: { elected: program, released: program, conflict: program, timeoutMs: 400 },
    node: 'n1',
    groups: [WEB],
    clock: systemClock,
    emit: (event) => void events.push(event),
  });
  t.teardown(() => hooks.stop());
  return {
    hooks,
    events,
    lines: () => readFileSync(file, 'utf8').split('\n').filter(Boolean),
    move: (from, to, reason, detail) =>
      hooks.record({
        type: 'transition',
        group: 'web',
        from,
        to,
        reason,
        ...(detail && { detail }),
      }),
  };
}

const ended = ({ events }: Bench, count: number): Promise<unknown> =>
  until('they have ended', () => events.length >= count || undefined);

await t.test('elected and released, in their order, with the facts', async (t) => {
  const b = bench(t);
  b.hooks.record({ type: 'vip-held', group: 'web', vip: '10.0.0.5', link: 'end0', held: true });
  b.move('campaigning', 'assigning', 'elected');
  b.move('assigning', 'leading', 'elected');
  b.move('leading', 'withdrawing', 'deposed', 'by n2');
  b.move('withdrawing', 'following', 'deposed');
  await ended(b, 2);
  t.same(b.lines(), [
    'elected|web|n1|10.0.0.5,10.0.0.6|end0|elected|',
    'released|web|n1|10.0.0.5,10.0.0.6|end0|deposed|',
  ]);
  t.match(b.events, [
    { type: 'hook-done', hook: 'elected' },
    { type: 'hook-done', hook: 'released' },
  ]);
});

await t.test('a station that is defended against is told once, until it is gone', async (t) => {
  const b = bench(t);
  const vip = '10.0.0.5';
  const station = { group: 'web', vip, mac: '02:00:00:00:00:09' } as const;
  const conflict = { type: 'conflict', link: 'end0', answer: 'defended', ...station } as const;
  b.hooks.record(conflict);
  b.hooks.record(conflict);
  b.hooks.record({ ...conflict, mac: '02:00:00:00:00:0a', answer: 'yielded' });
  await ended(b, 1);
  b.hooks.record({ type: 'conflict-over', ...station });
  b.hooks.record({ ...conflict, node: 'n2', answer: 'none' });
  await ended(b, 2);
  t.same(b.lines(), [
    'conflict|web|n1|10.0.0.5,10.0.0.6||conflict|station 02:00:00:00:00:09 has 10.0.0.5',
    'conflict|web|n1|10.0.0.5,10.0.0.6||conflict|node n2 (02:00:00:00:00:09) has 10.0.0.5',
  ]);
});

await t.test('a conflict is told once, of a holder and of one that is none', async (t) => {
  const b = bench(t);
  b.move('leading', 'withdrawing', 'conflict', '02:00:00:00:00:09 answers');
  b.move('withdrawing', 'faulted', 'conflict');
  b.move('following', 'faulted', 'foreign-address');
  b.move('following', 'faulted', 'link-down');
  await ended(b, 3);
  t.match(b.lines(), [
    /^conflict\|web\|.*\|conflict\|02:00:00:00:00:09 answers$/,
    /^released\|/,
    /^conflict\|web\|.*\|foreign-address\|$/,
  ]);
  t.equal(b.lines().length, 3);
});

await t.test('one that hangs holds up nobody, is killed, and the next runs', async (t) => {
  const b = bench(t, '[ "$VIP_ELECTOR_EVENT" != elected ] || sleep 1000');
  const before = performance.now();
  b.move('assigning', 'leading', 'elected');
  b.move('leading', 'withdrawing', 'shutdown');
  b.move('withdrawing', 'following', 'shutdown');
  t.ok(performance.now() - before < 50, 'record returns at once');
  await ended(b, 2);
  t.match(b.events, [
    { type: 'hook-failed', hook: 'elected', group: 'web', err: 'was killed after 400 ms' },
    { type: 'hook-done', hook: 'released' },
  ]);
});

await t.test(
  'of a group that flaps faster than its hooks end, the newest are counted as failed',
  async (t) => {
    const b = bench(t, 'exit 1');
    for (let count = 0; count < 40; count += 1) b.move('assigning', 'leading', 'elected');
    const dropped = b.events.filter(
      (event) => event.type === 'hook-failed' && /32 wait/.test(event.err),
    );
    t.equal(dropped.length, 8);
    await b.hooks.stop();
  },
);

await t.test('a stop lets what waits begin, and ends within a second and a bit', async (t) => {
  const b = bench(t, '[ "$VIP_ELECTOR_EVENT" != elected ] || sleep 1000');
  b.move('leading', 'withdrawing', 'shutdown');
  b.move('withdrawing', 'following', 'shutdown');
  await b.hooks.stop();
  t.match(b.lines(), [/^released\|/], 'before its time');
  b.move('assigning', 'leading', 'elected');
  await b.hooks.stop();
  t.equal(b.lines().length, 1, 'none begins any more');
});
