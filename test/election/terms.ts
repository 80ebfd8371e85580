import * as fc from 'fast-check';
import t from 'tap';
import { termsBetween, type Terms } from '../../src/election/terms.ts';

const SHORT: Terms = {
  heartbeatEveryMs: 100,
  requestDeadlineMs: 250,
  holdForMs: 600,
  fenceLatencyMs: 35,
};
const LONG: Terms = {
  heartbeatEveryMs: 500,
  requestDeadlineMs: 800,
  holdForMs: 3000,
  fenceLatencyMs: 130,
};

await t.test('at the ends they are the terms given, half way in the middle', async (t) => {
  t.strictSame(termsBetween(SHORT, LONG, 0), SHORT);
  t.strictSame(termsBetween(SHORT, LONG, 1), LONG);
  t.strictSame(termsBetween(SHORT, LONG, 0.5), {
    heartbeatEveryMs: 300,
    requestDeadlineMs: 525,
    holdForMs: 1800,
    fenceLatencyMs: 83,
  });
});

await t.test('in between the next beat is always confirmed before the hold ends', async () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
      const terms = termsBetween(SHORT, LONG, share);
      return terms.heartbeatEveryMs + terms.requestDeadlineMs + 100 < terms.holdForMs;
    }),
  );
});
