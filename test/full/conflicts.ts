// Other stations that have the VIP: found, told with their MAC, and who has it keeps us out.
import t from 'tap';
import {
  addIpv6,
  claimVip,
  leaveVip,
  makeBridgedSite,
  STRANGER,
  VIP6,
} from '../fixtures/bridged.ts';
import { has, holds, VIP } from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };
const conflict = { msg: 'another station has our vip' };

await inNamespace(t, import.meta.url, async () => {
  await t.test('yield: it is released, and taken again when the station is gone', async (t) => {
    const { h1, start } = await makeBridgedSite(t);
    const daemon = start(h1, { args: ['--vip', VIP, '--link', 'h1', '--on-conflict', 'yield'] });
    await daemon.said(leading);
    claimVip();
    t.match(await daemon.said({ msg: 'transition', to: 'faulted' }), {
      level: 'error',
      reason: 'conflict',
      detail: `station ${STRANGER.mac} has ${VIP}`,
    });
    t.notOk(has(h1, VIP));
    leaveVip();
    await daemon.said(leading, daemon.lines.length);
    await holds(h1);
  });

  for (const vip of [VIP, VIP6]) {
    await t.test(
      `${vip}: a silent holder is followed by nobody while a stranger has it`,
      async (t) => {
        const site = await makeBridgedSite(t);
        const { h1, h2, start } = site;
        addIpv6(site);
        const holder = start(h1, { args: ['--vip', vip, '--link', 'h1'] });
        await holder.said(leading);
        const other = start(h2, { args: ['--vip', vip, '--link', 'h2', '--on-conflict', 'yield'] });
        await other.said({ msg: 'leader changed' });
        const kill = holder.kill();
        claimVip(vip);
        t.match(await other.said({ msg: 'transition', to: 'faulted' }), { reason: 'conflict' });
        t.match(other.all(conflict), [{ vip, mac: STRANGER.mac, answer: 'yielded' }]);
        await kill;
        t.equal(other.all(leading).length, 0, 'not taken');
        leaveVip(vip);
        await other.said(leading);
        const shown = (): boolean => ip('-n', 'h2', 'address').includes(` ${vip}/`);
        await until('held', () => shown() || undefined);
      },
    );
  }
});
