// What an earlier daemon left behind goes; what has no mark of ours is never touched. The daemon runs
// in the test's own namespace, for `ip` cannot mark an address as we do.
import t from 'tap';
import { openNetwork } from '../../src/network/rtnetlink.ts';
import type { Vip } from '../../src/network/types.ts';
import { addressesOf, has, makeSite, VIP, type Host } from '../fixtures/hosts.ts';
import { inNamespace, indexOf, ip } from '../fixtures/namespace.ts';
import { run } from '../fixtures/program.ts';

const LIFETIME_S = 600;
const here: Host = { name: 'self', address: '10.77.1.254', port: '' };
const vip = (address: string, prefixLength = 32): Vip => ({ family: 4, address, prefixLength });
const names = (): string[] => addressesOf(here).map(({ local }) => local);

await inNamespace(t, import.meta.url, async () => {
  const { runtimeDir: dirOf, start } = await makeSite(t);
  ip('link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'other1');
  const runtimeDir = dirOf(here);
  const args = ['--vip', VIP, '--link', 'lan1'];
  const network = await openNetwork();
  t.teardown(() => network.close());
  const mark = (link: string, address: Vip): Promise<void> => {
    return network.assign(indexOf(link), address, LIFETIME_S);
  };

  const clean = (...flags: string[]) => run(['cleanup', '--runtime-dir', runtimeDir, ...flags]);

  await t.test('marked ones go at the start, from any link, before anything else', async (t) => {
    const before = names();
    for (const address of ['10.77.1.102/32', '10.77.1.103/24']) {
      ip('address', 'add', address, 'dev', 'lan1');
    }
    // With a lifetime, like ours, and yet somebody else's.
    ip('address', 'add', '10.77.9.3/32', 'dev', 'lo', 'valid_lft', '600', 'preferred_lft', '0');
    const kept = [...before, '10.77.1.102', '10.77.1.103', '10.77.9.3'];
    await mark('lan1', vip(VIP));
    await mark('lan1', vip('10.77.1.101'));
    await mark('other0', vip('10.77.9.1', 24));
    await mark('lo', vip('10.77.9.2'));

    const daemon = start(here, { args });
    await daemon.said({ msg: 'listening', component: 'http' });
    const withdrawn = daemon.all({ msg: 'withdrew an address left behind' });
    t.strictSame(withdrawn.map(({ vip, link }) => `${String(vip)} ${String(link)}`).toSorted(), [
      '10.77.1.100 lan1',
      '10.77.1.101 lan1',
      '10.77.9.1 other0',
      '10.77.9.2 lo',
    ]);
    const order = daemon.lines.map(({ msg }) => msg);
    t.ok(
      order.lastIndexOf('withdrew an address left behind') < order.indexOf('listening'),
      'first of all',
    );
    await daemon.said({ msg: 'transition', to: 'leading' });
    t.strictSame(names().toSorted(), [...kept, VIP].toSorted(), 'no other is touched');

    await t.test('cleanup is refused while a daemon runs, and works after kill -9', async (t) => {
      const refused = await clean();
      t.equal(refused.code, 1);
      t.match(refused.stderr, /^vip-elector: a daemon runs in this network namespace/);
      t.ok(has(here, VIP));

      await daemon.kill();
      // A longer life, so that the kernel does not clean up before a slow machine does.
      await mark('lan1', vip(VIP));
      t.match(await clean('--dry-run'), { code: 0, stdout: `would withdraw ${VIP}/32 on lan1\n` });
      t.ok(has(here, VIP), 'only said');
      const done = await clean();
      t.match(done, { code: 0, stdout: `withdrew ${VIP}/32 on lan1\n` });
      t.match(done.stdout, 'confirmed: no address on any link is ours any more\n');
      t.strictSame(names().toSorted(), kept.toSorted(), 'no other is touched');
      t.match(await clean(), { code: 0, stdout: /^nothing to withdraw/ });
    });
  });
});
