// Against this machine's kernel, in a network namespace: what `ip` sees after our requests.
import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { Vip } from '../../../src/network/types.ts';
import { indexOf, inNamespace, ip } from '../../fixtures/namespace.ts';
import { collect, ofVip, shown, VIP, VIP6, wired } from '../../fixtures/wired.ts';

await inNamespace(t, import.meta.url, async () => {
  await wired(t, 'an assigned VIP is marked, mortal, never preferred', async (t, network) => {
    const index = indexOf('near');
    await network.assign(index, VIP, 60);
    const [own, vip] = shown('near');
    t.match(own, { local: '10.77.0.1' }, 'behind the link’s own address');
    t.match(vip, { local: VIP.address, prefixlen: 32, scope: 'global', preferred_life_time: 0 });
    t.ok(vip!.valid_life_time > 50 && vip!.valid_life_time <= 60, `${vip!.valid_life_time} s`);
    t.equal(vip!.broadcast, undefined);
    const [listed] = await ofVip(network, VIP);
    t.match(listed, { linkIndex: index, family: 4, prefixLength: 32, ours: true });
    t.ok(listed!.validSeconds > 50 && listed!.validSeconds <= 60);
    const [foreign] = (await network.addresses()).filter(({ address }) => address === '10.77.0.1');
    t.match(foreign, { ours: false, validSeconds: Infinity, prefixLength: 24 });
  });

  await wired(
    t,
    'an IPv6 VIP answers at once: no duplicate address detection',
    async (t, network) => {
      const index = indexOf('near');
      await network.assign(index, VIP6, 60);
      const vip = shown('near').find(({ local }) => local === VIP6.address);
      t.match(vip, { prefixlen: 128, deprecated: true, nodad: true, preferred_life_time: 0 });
      t.equal(vip?.tentative, undefined);
      t.match(await ofVip(network, VIP6), [{ linkIndex: index, family: 6, ours: true }]);
      await network.assign(index, VIP6, 600);
      const [again] = await ofVip(network, VIP6);
      t.ok(again!.ours && again!.validSeconds > 500, 'longer, still marked');
      await network.withdraw(index, VIP6);
      t.strictSame(await ofVip(network, VIP6), []);
    },
  );

  await wired(t, 'assigning again sets the lifetime, keeps mark and place', async (t, network) => {
    const index = indexOf('near');
    await network.assign(index, VIP, 30);
    ip('addr', 'add', '10.88.0.1/24', 'dev', 'near');
    const { events, next } = collect(network);
    await network.assign(index, VIP, 600);
    await next((e) => e.type === 'address-added' && e.address.address === VIP.address);
    const [longer] = await ofVip(network, VIP);
    t.ok(longer!.validSeconds > 500, `${longer!.validSeconds} s`);
    t.equal(longer!.ours, true);
    await network.assign(index, VIP, 20);
    const [shorter] = await ofVip(network, VIP);
    t.ok(shorter!.validSeconds <= 20, 'shorter too');
    t.strictSame(
      shown('near')
        .map(({ local }) => local)
        .filter((local) => !local.includes(':')),
      ['10.77.0.1', VIP.address, '10.88.0.1'],
    );
    t.notOk(
      events.some(({ type }) => type === 'address-removed'),
      'and it was never off the link',
    );
  });

  await wired(
    t,
    'the kernel removes what is not renewed, and keeps what is',
    async (t, network) => {
      const index = indexOf('near');
      const other: Vip = { ...VIP, address: '10.77.0.101' };
      const { next } = collect(network);
      await network.assign(index, VIP, 1);
      await network.assign(index, other, 1);
      await network.assign(index, other, 60);
      await next((e) => e.type === 'address-removed' && e.address.address === VIP.address);
      t.strictSame(await ofVip(network, VIP), []);
      t.match(await ofVip(network, other), [{ ours: true }]);
    },
  );

  await wired(t, 'withdrawing takes it off; an absent one is success', async (t, network) => {
    const index = indexOf('near');
    await network.assign(index, VIP, 60);
    await network.withdraw(index, VIP);
    t.strictSame(await ofVip(network, VIP), []);
    await network.withdraw(index, VIP);
    await network.withdraw(index, VIP6);
    await network.withdraw(9999, VIP);
    await network.withdraw(9999, VIP6);
    await network.assign(index, { ...VIP, prefixLength: 24 }, 60);
    await network.withdraw(index, VIP);
    t.equal((await ofVip(network, VIP)).length, 1, 'another prefix is another address');
  });

  await wired(t, 'what the kernel refuses is an error with its code', async (t, network) => {
    const index = indexOf('near');
    await t.rejects(network.assign(9999, VIP, 60), {
      name: 'NetworkError',
      code: 'ENODEV',
      message: 'assign 10.77.0.100/32 on link 9999: ENODEV',
    });
    writeFileSync('/proc/sys/net/ipv6/conf/near/disable_ipv6', '1');
    await t.rejects(network.assign(index, VIP6, 60), { code: 'EACCES' });
    t.strictSame(await ofVip(network, VIP), []);
  });
});
