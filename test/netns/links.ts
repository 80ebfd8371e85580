// Links and addresses that are not as wanted: the group says so and waits, and what is not ours stays.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { StatusReport } from '../../src/observe/status.ts';
import { addressesOf, ask, has, holds, makeSite, VIP } from '../fixtures/hosts.ts';
import { inNamespace, ip, within } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };

await inNamespace(t, import.meta.url, async () => {
  await t.test('a link that is missing is named, and taken when it appears', async (t) => {
    const { h1, start } = await makeSite(t);
    const args = ['--vip', VIP, '--link', 'uplink0'];
    const daemon = start(h1, { args });
    const fault = await daemon.said({ msg: 'transition', to: 'faulted' });
    t.match(fault, { level: 'warn', reason: 'link-missing', detail: /uplink0.*\bh1\b/ });
    await daemon.said({ msg: 'listening', component: 'http' });
    const { groups } = JSON.parse((await ask(h1, '/status')).text) as StatusReport;
    t.match(groups, [{ state: 'faulted', reason: 'link-missing', detail: fault['detail'] }]);

    ip('-n', 'h1', 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0');
    ip('-n', 'h1', 'address', 'add', '10.77.1.2/24', 'dev', 'uplink0');
    t.notOk(has(h1, VIP), 'without carrier nothing happens');
    ip('-n', 'h1', 'link', 'set', 'far0', 'up');
    ip('-n', 'h1', 'link', 'set', 'uplink0', 'up');
    await daemon.said(leading);
    t.match(
      addressesOf(h1).find(({ local }) => local === VIP),
      { link: 'uplink0', prefixlen: 32 },
    );
    await daemon.stop();
  });

  await t.test('an address that somebody else put there faults its group alone', async (t) => {
    const { h1, runtimeDir, start } = await makeSite(t, { groups: ['good', 'taken'] });
    const config = join(runtimeDir(h1), 'config.yaml');
    // The node's own address, and one that somebody added for good reasons.
    ip('-n', 'h1', 'address', 'add', '10.77.1.50/24', 'dev', 'h1');
    writeFileSync(
      config,
      [
        'groups:',
        '  - {name: own, vips: [10.77.1.1], link: h1}',
        '  - {name: taken, vips: [10.77.1.60, 10.77.1.50], link: h1}',
        `  - {name: good, vips: [${VIP}], link: h1}`,
      ].join('\n'),
    );
    const before = addressesOf(h1);
    const args = ['--config', config];
    const daemon = start(h1, { args });
    for (const [group, address] of [
      ['own', '10.77.1.1'],
      ['taken', '10.77.1.50'],
    ]) {
      const line = await daemon.said({ msg: 'transition', group, to: 'faulted' });
      t.match(line, { level: 'error', reason: 'foreign-address' }, `${group} is an error`);
      t.equal(line['detail'], `${address}/24 is on link h1 and we did not put it there`);
    }
    await daemon.said({ ...leading, group: 'good' });
    t.ok(has(h1, VIP), 'the other group leads all the same');
    t.notOk(has(h1, '10.77.1.60'), 'no half of a group is assigned');
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
    t.strictSame(addressesOf(h1), before, 'what was there is there, unchanged');
  });

  await t.test('an address that goes away lets its group stand', async (t) => {
    const { h1, start } = await makeSite(t);
    ip('-n', 'h1', 'address', 'add', `${VIP}/24`, 'dev', 'h1');
    const daemon = start(h1);
    await daemon.said({ msg: 'transition', to: 'faulted', reason: 'foreign-address' });
    ip('-n', 'h1', 'address', 'del', `${VIP}/24`, 'dev', 'h1');
    await daemon.said(leading);
    t.match(
      addressesOf(h1).find(({ local }) => local === VIP),
      { prefixlen: 32 },
    );
    await daemon.stop();
  });

  await t.test('first on its link, the VIP is put behind again: no drift, by nobody', async (t) => {
    const { h1, start } = await makeSite(t);
    ip('-n', 'h1', 'address', 'add', '10.77.9.9/24', 'dev', 'h1');
    const daemon = start(h1);
    await daemon.said(leading);
    const order = (): string =>
      addressesOf(h1, 'h1')
        .map(({ local }) => local)
        .join(' ');
    // Both go and come back: etcd is reached by the first, and the VIP never stands alone.
    for (const [address, first] of [
      ['10.77.9.9', '10.77.1.1'],
      ['10.77.1.1', '10.77.9.9'],
    ]) {
      ip('-n', 'h1', 'address', 'del', `${address}/24`, 'dev', 'h1');
      ip('-n', 'h1', 'address', 'add', `${address}/24`, 'dev', 'h1');
      const isSo = (): boolean => order().startsWith(`${first} `) && order().includes(VIP);
      await until(`the first address is ${first}`, () => isSo() || undefined);
    }
    await until(
      'it is held again',
      () => daemon.all({ msg: 'vip assigned' }).length === 2 || undefined,
    );
    t.equal(daemon.all({ msg: 'vip withdrawn' }).length, 1, 'off for a moment, once');
    t.strictSame(daemon.all({ msg: /put back/ }), [], 'and nobody is blamed for it');
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
  });

  await t.test('a port that is taken is a warning, and the election goes on', async (t) => {
    const { h1, start } = await makeSite(t);
    // Without a host, listen() makes its socket at once, so within the namespace.
    const squatter = within('h1', () => createServer().listen(2112));
    t.teardown(() => squatter.close());
    await once(squatter, 'listening');
    const daemon = start(h1);
    const line = await daemon.said({ msg: 'cannot listen' });
    t.match(line, { level: 'warn', listen: '10.77.1.1:2112', err: /EADDRINUSE/ });
    await daemon.said(leading);
    await holds(h1);
    squatter.close();
    await daemon.said({ msg: 'listening', component: 'http', listen: '10.77.1.1:2112' });
    t.match(await ask(h1, '/healthz'), { status: 200 }, 'once the port is free, it answers');
    t.equal(daemon.all({ msg: 'cannot listen' }).length, 1, 'said once');
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
  });
});
