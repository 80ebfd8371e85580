import t from 'tap';
import { runSchedule } from './world/run.ts';
import { quiet } from './world/quiet.ts';
import { scheduleOf } from './world/schedule.ts';

await t.test('one of three holds, and nothing changes while nothing happens', async (t) => {
  const outcome = await runSchedule(quiet({ faults: [] }));
  t.equal(outcome.violation, undefined);
  t.equal(outcome.holderChanges, 0);
});

await t.test('when the holder loses its power, another takes over once', async (t) => {
  const crash = {
    kind: 'power-cut',
    atMs: 10_000,
    forMs: 20_000,
    host: 0,
    group: 0,
    choice: 0,
  } as const;
  const outcome = await runSchedule(quiet({ faults: [crash] }));
  t.equal(outcome.violation, undefined);
  t.equal(outcome.holderChanges, 1);
});

await t.test(
  'a stranger that has the VIP keeps it from all of us who are to yield, until it is gone',
  async (t) => {
    const stranger = { kind: 'stranger', atMs: 10_000, forMs: 10_000, host: 0, group: 0 } as const;
    const crash = { kind: 'power-cut', atMs: 10_100, forMs: 19_000, host: 0, group: 0 } as const;
    const yielded = await runSchedule(quiet({ faults: [{ ...stranger, choice: 0 }] }));
    t.equal(yielded.violation, undefined);
    t.ok(yielded.transitions['leading → withdrawing: conflict']);
    t.ok(yielded.settledAfterMs > 0, 'nobody had it when it went');
    const silent = [
      { ...stranger, choice: 0.9 },
      { ...crash, choice: 0 },
    ];
    const followed = await runSchedule(quiet({ faults: silent }));
    t.equal(followed.violation, undefined);
    t.equal(followed.transitions['leading → withdrawing: conflict'], undefined, 'it was defended');
    const barred = Object.keys(followed.transitions).some((key) =>
      key.endsWith('faulted: conflict'),
    );
    t.notOk(barred, 'nor did it keep out who followed');
    t.ok(followed.holderChanges > 0);
  },
);

await t.test('a seed replays bit for bit, and another seed is another story', async (t) => {
  const digests = new Set<string>();
  for (let seed = 1; seed <= 12; seed += 1) {
    const first = await runSchedule(scheduleOf(seed));
    const second = await runSchedule(scheduleOf(seed));
    t.equal(second.digest, first.digest, `seed ${seed}`);
    t.equal(second.events, first.events, `seed ${seed}`);
    digests.add(first.digest);
  }
  t.equal(digests.size, 12);
});
