// What an earlier daemon left behind goes; what has no mark of ours is never touched.
import t from 'tap';
import {
  addressesOf,
  has,
  makeHosts,
  ramDirectory,
  startDaemon,
  startEtcd,
  VIP,
  writeReleased,
} from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';
import { run } from '../fixtures/program.ts';

/** IFA_PROTO of what we add (src/network/codec.ts), as `ip` takes it. */
const MARK = ['proto', '225'];

await inNamespace(t, import.meta.url, async () => {
  const [h1] = makeHosts(t);
  const { endpoint } = await startEtcd(t);
  writeReleased(endpoint, 'default');
  ip('-n', 'h1', 'link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'other1');
  const add = (address: string, link: string, ...mark: string[]): void => {
    ip('-n', 'h1', 'address', 'add', address, 'dev', link, ...mark);
  };
  const runtimeDir = ramDirectory(t, 'h1');

  await t.test('marked ones go at the start, from any link, before anything else', async (t) => {
    add('10.77.1.100/32', 'h1', ...MARK);
    add('10.77.1.101/32', 'h1', ...MARK);
    add('10.77.9.1/24', 'other0', ...MARK);
    add('10.77.9.2/32', 'lo', ...MARK);
    const before = addressesOf(h1!).filter(({ protocol }) => protocol !== '225');
    add('10.77.1.102/32', 'h1');
    add('10.77.1.103/32', 'h1', 'proto', '226');
    add('10.77.9.3/32', 'lo');
    const kept = ['10.77.1.102', '10.77.1.103', '10.77.9.3'];
    const daemon = startDaemon(t, h1!, { endpoint, runtimeDir });
    await daemon.said({ msg: 'listening', component: 'http' });
    const withdrawn = daemon.all({ msg: 'withdrew an address left behind' });
    t.strictSame(withdrawn.map(({ vip, link }) => `${String(vip)} ${String(link)}`).toSorted(), [
      '10.77.1.100 h1',
      '10.77.1.101 h1',
      '10.77.9.1 other0',
      '10.77.9.2 lo',
    ]);
    await daemon.said({ msg: 'transition', to: 'leading' });
    const now = addressesOf(h1!).filter(({ local }) => local !== VIP);
    t.strictSame(
      now.map(({ local }) => local).toSorted(),
      [...before.map(({ local }) => local), ...kept].toSorted(),
    );
    t.match(
      addressesOf(h1!).find(({ local }) => local === VIP),
      { prefixlen: 32 },
    );

    await t.test('cleanup is refused while a daemon runs, and works after kill -9', async (t) => {
      const clean = (...flags: string[]) => {
        return run(['cleanup', '--runtime-dir', runtimeDir, ...flags], { namespace: 'h1' });
      };
      const refused = await clean();
      t.equal(refused.code, 1);
      t.match(refused.stderr, /^vip-elector: a daemon runs in this network namespace/);
      t.ok(has(h1!, VIP));
      // So that the kernel's guard is not faster than a busy machine.
      await daemon.kill();
      ip('-n', 'h1', 'address', 'replace', `${VIP}/32`, 'dev', 'h1', 'valid_lft', 'forever');
      add('10.77.9.9/32', 'other0', ...MARK);
      const marked = addressesOf(h1!).some(
        ({ local, protocol }) => local === VIP && protocol === '225',
      );
      const dry = await clean('--dry-run');
      t.match(dry, { code: 0, stdout: /^would withdraw 10.77.9.9\/32 on other0$/m });
      const done = await clean();
      t.match(done, { code: 0, stdout: /^withdrew 10.77.9.9\/32 on other0$/m });
      t.match(done.stdout, /^confirmed: no address on any link is ours any more$/m);
      if (marked) t.notOk(has(h1!, VIP), 'the VIP');
      for (const address of kept) t.ok(has(h1!, address), `${address} is not ours`);
      t.match(await clean(), { code: 0, stdout: /^nothing to withdraw/ });
    });
  });
});
