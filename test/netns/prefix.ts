// A VIP with a prefix length is never what the node's own address depends on.
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { addressesOf, has, makeSite, VIP, type Host } from '../fixtures/hosts.ts';
import { inNamespace, ip, within } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };
const OWN = '10.77.1.1';

/** One more address of the node's own, so that the link will do without the first. */
function setUp(h1: Host, promote: 0 | 1): void {
  within(h1.name, () =>
    writeFileSync('/proc/sys/net/ipv4/conf/h1/promote_secondaries', String(promote)),
  );
  ip('-n', 'h1', 'address', 'add', '10.99.0.1/24', 'dev', 'h1');
}

const vipOf = (host: Host) => addressesOf(host).find(({ local }) => local === VIP);

await inNamespace(t, import.meta.url, async () => {
  await t.test(
    'behind its own address it has the prefix, and its expiry harms nobody',
    async (t) => {
      const { h1, start } = await makeSite(t);
      setUp(h1, 0);
      const daemon = start(h1, { args: ['--vip', `${VIP}/24`, '--link', 'h1'] });
      await daemon.said(leading);
      t.match(vipOf(h1), { prefixlen: 24, secondary: true, noprefixroute: true });
      t.equal(daemon.all({ msg: /assigned as/ }).length, 0);
      await daemon.kill();
      await until('the VIP has expired', () => !has(h1, VIP) || undefined);
      t.ok(has(h1, OWN));
    },
  );

  for (const promote of [0, 1] as const) {
    await t.test(
      `without its own address it is /32 at once, and does not take that with it when it comes back (promote_secondaries ${promote})`,
      async (t) => {
        const { h1, start } = await makeSite(t);
        setUp(h1, promote);
        const daemon = start(h1, { args: ['--vip', `${VIP}/24`, '--link', 'h1'] });
        await daemon.said(leading);
        ip('-n', 'h1', 'address', 'del', `${OWN}/24`, 'dev', 'h1');
        t.match(await daemon.said({ msg: /assigned as \/32/ }), { level: 'warn', wanted: 24 });
        await until('it is alone', () => vipOf(h1)?.prefixlen === 32 || undefined);
        ip('-n', 'h1', 'address', 'add', `${OWN}/24`, 'dev', 'h1');
        await daemon.kill();
        await until('the VIP has expired', () => !has(h1, VIP) || undefined);
        t.match(
          addressesOf(h1).find(({ local }) => local === OWN),
          { prefixlen: 24 },
        );
      },
    );
  }

  await t.test(
    'behind an address of scope link, where the kernel refuses it, it is /32',
    async (t) => {
      const { h1, start } = await makeSite(t);
      setUp(h1, 0);
      ip('-n', 'h1', 'address', 'del', `${OWN}/24`, 'dev', 'h1');
      ip('-n', 'h1', 'address', 'add', `${OWN}/24`, 'dev', 'h1', 'scope', 'link');
      const daemon = start(h1, { args: ['--vip', `${VIP}/24`, '--link', 'h1'] });
      await daemon.said(leading);
      t.equal(vipOf(h1)?.prefixlen, 32);
    },
  );

  await t.test('on a point-to-point link the subnet is that of the other end', async (t) => {
    const { h1, start } = await makeSite(t);
    ip('-n', 'h1', 'address', 'add', '192.0.2.1', 'peer', '10.88.0.1/24', 'dev', 'h1');
    const daemon = start(h1, { args: ['--vip', '10.88.0.9/24', '--link', 'h1'] });
    await daemon.said(leading);
    const vip = addressesOf(h1).find(({ local }) => local === '10.88.0.9');
    t.match(vip, { prefixlen: 24, secondary: true });
  });
});
