// A link that flaps at 5 Hz for a minute moves the VIP at most twice, and never to two hosts.
import t from 'tap';
import { makeBridgedSite } from '../fixtures/bridged.ts';
import { has, holds, VIP } from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';

const leading = { msg: 'transition', to: 'leading' };
const HALF_MS = 100;
const FLAPS = 300;

await inNamespace(t, import.meta.url, async () => {
  await t.test('the holder flaps', async (t) => {
    const { h1, h2, start } = await makeBridgedSite(t);
    // What reaches etcd is the flapping link itself: its right may also end by time.
    const first = start(h1);
    await first.said(leading);
    const second = start(h2);
    await second.said({ msg: 'leader changed' });
    let both = 0;
    for (let flap = 0; flap < FLAPS; flap += 1) {
      for (const state of ['down', 'up']) {
        ip('link', 'set', h1.port, state);
        if (has(h1, VIP) && has(h2, VIP)) both += 1;
        await new Promise((resolve) => setTimeout(resolve, HALF_MS));
      }
    }
    await holds(h2);
    const moves = first.all(leading).length + second.all(leading).length - 1;
    t.comment(`moved ${moves} times`);
    t.ok(moves <= 2, `moved ${moves} times`);
    t.equal(both, 0, 'never on two');
  });
});
