import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import type { Instant } from '../../src/clock.ts';
import {
  KERNEL_LATE_MS,
  endsTooLate,
  lifetimeSeconds,
  rearmAt,
} from '../../src/fencing/lifetime.ts';

const at = (ms: number) => ms as Instant;
/** What passes between reading the clock and the kernel taking the lifetime in (design §4). */
const ON_THE_WAY_MS = 20;
/** The kernel's sweep may come this much early. */
const EARLY_MS = 20;

const now = fc.double({ min: 0, max: 1e10, noNaN: true }).map((ms) => ms as Instant);
/** What is left of a right, also none: whole and broken milliseconds, and the edges between seconds. */
const left = fc.oneof(
  fc.double({ min: -5000, max: 120_000, noNaN: true }),
  fc.integer({ min: -5000, max: 120_000 }),
  fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -2, max: 2 }))
    .map(([seconds, ms]) => seconds * 1000 + 20 + ms),
);
/** Differences of large doubles are only this exact. */
const EPSILON_MS = 1e-5;

/** That the property holds; fast-check's message names the seed and the smallest counterexample. */
function holds<T>(t: Test, property: fc.IProperty<T>): void {
  t.doesNotThrow(() => fc.assert(property, { numRuns: 5000 }));
}

await t.test(
  'a lifetime, the kernel as late as it may be, never outlasts the deadline',
  async (t) => {
    holds(
      t,
      fc.property(now, left, (now, leftMs) => {
        const deadline = (now + leftMs) as Instant;
        const seconds = lifetimeSeconds(deadline, now);
        if (seconds < 1) return;
        const latestEnd = now + ON_THE_WAY_MS + seconds * 1000 + KERNEL_LATE_MS;
        assert.ok(latestEnd <= deadline + EPSILON_MS, `${latestEnd} is after ${deadline}`);
      }),
    );
  },
);

await t.test('a lifetime is the longest of whole seconds that does', async (t) => {
  holds(
    t,
    fc.property(now, left, (now, leftMs) => {
      const deadline = (now + leftMs) as Instant;
      const oneMore = lifetimeSeconds(deadline, now) + 1;
      const latestEnd = now + ON_THE_WAY_MS + oneMore * 1000 + KERNEL_LATE_MS;
      assert.ok(latestEnd > deadline - EPSILON_MS, `${latestEnd} would do for ${deadline}`);
    }),
  );
});

await t.test('the edges are where they are said to be', async (t) => {
  t.equal(KERNEL_LATE_MS, 1000);
  t.equal(lifetimeSeconds(at(12_020), at(10_000)), 1, '2020 ms are enough for one second');
  t.ok(lifetimeSeconds(at(12_019.9), at(10_000)) < 1, 'less are not');
  t.equal(lifetimeSeconds(at(14_000), at(10_000)), 2, 'a fresh promise of profile seconds');
  t.ok(lifetimeSeconds(at(9000), at(10_000)) < 1, 'nor is a right that is over');
});

await t.test('an acknowledged lifetime is too late exactly when its latest end is', async (t) => {
  t.equal(endsTooLate(at(13_000), at(10_000), 2), false, 'to the deadline itself');
  t.equal(endsTooLate(at(13_000), at(10_000.1), 2), true);
  holds(
    t,
    fc.property(now, left, fc.double({ min: 0, max: 20, noNaN: true }), (now, leftMs, wayMs) => {
      const deadline = (now + leftMs) as Instant;
      const seconds = lifetimeSeconds(deadline, now);
      // A hundredth of the way is left to the rounding of doubles.
      const acknowledged = (now + wayMs * 0.99) as Instant;
      if (seconds >= 1) assert.ok(!endsTooLate(deadline, acknowledged, seconds));
    }),
  );
});

/** How long before its earliest end a lifetime that began now is armed again. */
function aheadMs(deadline: Instant, now: Instant): number | undefined {
  const again = rearmAt(deadline, now);
  const seconds = lifetimeSeconds(deadline, now);
  return again === undefined ? undefined : now + seconds * 1000 - EARLY_MS - again;
}

await t.test('a lifetime is armed again long before it ends, one second just before', async (t) => {
  holds(
    t,
    fc.property(now, left, (now, leftMs) => {
      const deadline = (now + leftMs) as Instant;
      const ahead = aheadMs(deadline, now);
      if (ahead === undefined) return;
      const least = lifetimeSeconds(deadline, now) === 1 ? 100 : 400;
      assert.ok(ahead >= least - EARLY_MS - EPSILON_MS, `${ahead} ms ahead`);
    }),
  );
  t.equal(aheadMs(at(14_000), at(10_000)), 1100, 'a fresh promise of profile seconds');
});

await t.test(
  'armed again within 100 ms of then, it ends 1.02 to 1.12 s before the deadline',
  async (t) => {
    holds(
      t,
      fc.property(now, left, fc.double({ min: 0, max: 99, noNaN: true }), (now, leftMs, lateMs) => {
        const deadline = (now + leftMs) as Instant;
        const again = rearmAt(deadline, now);
        if (again === undefined) return;
        assert.ok(again > now, 'never in the past');
        const then = (again + lateMs) as Instant;
        const end = then + lifetimeSeconds(deadline, then) * 1000;
        assert.ok(end > now + lifetimeSeconds(deadline, now) * 1000, 'later than it would have');
        assert.ok(end >= deadline - 1120 - EPSILON_MS);
        assert.ok(end <= deadline - 1020 + EPSILON_MS);
      }),
    );
  },
);

await t.test('whatever is armed, without a proof it ends as late as it may', async (t) => {
  holds(
    t,
    fc.property(now, left, (now, leftMs) => {
      const deadline = (now + leftMs) as Instant;
      const seconds = lifetimeSeconds(deadline, now);
      if (seconds < 1 || rearmAt(deadline, now) !== undefined) return;
      assert.ok(now + seconds * 1000 >= deadline - 1130 - EPSILON_MS);
    }),
  );
});

await t.test('arming again ends, early timers included: no more often than once', async (t) => {
  holds(
    t,
    fc.property(now, left, fc.double({ min: -5, max: 99, noNaN: true }), (now, leftMs, lateMs) => {
      const deadline = (now + leftMs) as Instant;
      const again = rearmAt(deadline, now);
      if (again === undefined) return;
      assert.equal(rearmAt(deadline, (again + lateMs) as Instant), undefined);
    }),
  );
});

await t.test('the moments of arming again', async (t) => {
  t.equal(rearmAt(at(14_000), at(10_000)), 10_880);
  t.equal(rearmAt(at(20_000), at(10_000)), 16_880, 'a long promise: not sooner than needed');
  t.equal(rearmAt(at(14_000), at(10_400)), 11_880, 'little to gain, and time enough for it');
  t.equal(rearmAt(at(14_000), at(10_880)), undefined);
  t.equal(rearmAt(at(14_000), at(10_990)), 11_880, 'a whole second was lost: the next one');
  t.equal(rearmAt(at(14_000), at(11_880)), undefined);
  t.equal(rearmAt(at(14_000), at(13_000)), undefined);
});
