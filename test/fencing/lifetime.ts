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

await t.test('a lifetime still runs when it is time to arm again', async (t) => {
  // It ends later than deadline − 2020 ms, 20 ms early at most; arming again is due at − 2100 ms.
  holds(
    t,
    fc.property(now, left, (now, leftMs) => {
      const deadline = (now + leftMs) as Instant;
      const seconds = lifetimeSeconds(deadline, now);
      const again = rearmAt(deadline, now);
      if (seconds < 1 || again === undefined) return;
      const earliestEnd = now + seconds * 1000 - EARLY_MS;
      assert.ok(earliestEnd > again + 50, `gone at ${earliestEnd}, armed at ${again}`);
      assert.ok(earliestEnd > deadline - 2040 - EPSILON_MS);
    }),
  );
});

await t.test(
  'armed again within 80 ms of then, it lasts to 1.1 s before the deadline',
  async (t) => {
    holds(
      t,
      fc.property(now, left, fc.double({ min: 0, max: 79, noNaN: true }), (now, leftMs, lateMs) => {
        const deadline = (now + leftMs) as Instant;
        const again = rearmAt(deadline, now);
        if (again === undefined) return;
        assert.ok(again > now, 'never in the past');
        const then = (again + lateMs) as Instant;
        assert.equal(lifetimeSeconds(deadline, then), 1);
        assert.ok(then + 1000 >= deadline - 1100 - EPSILON_MS);
      }),
    );
  },
);

await t.test('arming again ends: at and after its moment there is no other', async (t) => {
  t.equal(rearmAt(at(14_000), at(10_000)), 11_900);
  t.equal(rearmAt(at(14_000), at(11_899)), 11_900);
  t.equal(rearmAt(at(14_000), at(11_900)), undefined);
  t.equal(rearmAt(at(14_000), at(13_000)), undefined);
});
