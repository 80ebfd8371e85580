// Hosts, links and etcd fail, with etcd on the very network of the VIP: whoever is cut off has
// dropped the address by its deadline, whether anybody can reach it or not.
import t from 'tap';
import { goneByDeadline } from '../../src/lab/checks.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { assertNothingLeft, assertSafe, scenarioOf, startLab } from '../fixtures/scenarios.ts';

/** Longer than a promise of profile `seconds` (4 s) and its fence latency: all must have let go. */
const OUTAGE_MS = 6_000;

await inNamespace(t, import.meta.url, async () => {
  const lab = await startLab(t, 'end0');

  const moves = {
    crash: 'a host loses power',
    'crash-leader': 'the host that loses power led etcd as well',
    cable: 'the cable of the VIP and of etcd is pulled',
    silent: 'every frame is lost while the carrier stays',
    'etcd-cut': 'the holder reaches no etcd and stays on the LAN',
  };
  for (const [name, sentence] of Object.entries(moves)) {
    await t.test(`${sentence}: another host holds, once the first has let go`, (t) =>
      assertSafe(t, lab, scenarioOf(name), 'moves'),
    );
  }

  await t.test('a member of etcd dies: one holder throughout', (t) =>
    assertSafe(t, lab, scenarioOf('member'), 'any'),
  );

  await t.test(
    'all of etcd is down: nobody holds after the deadline, one when it is back',
    async (t) => {
      const outage = scenarioOf('etcd-outage', {
        outcome: ({ lab, signal }) => lab.clock.sleep(OUTAGE_MS, signal),
      });
      const seen = await assertSafe(t, lab, outage, 'any');
      for (const { facts } of seen)
        t.strictSame(goneByDeadline([facts]), [], 'off by the deadline');
    },
  );

  await t.test('nothing is left behind', (t) => assertNothingLeft(t, lab));
});
