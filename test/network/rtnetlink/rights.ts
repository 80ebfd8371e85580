// Against this machine's kernel, in a network namespace: what we may, what it can, and the end.
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import t from 'tap';
import { NetworkError } from '../../../src/network/network-error.ts';
import { openNetwork, releaseMarksAddresses } from '../../../src/network/rtnetlink.ts';
import { inNamespace, ip } from '../../fixtures/namespace.ts';
import { collect, VIP, wired } from '../../fixtures/wired.ts';

await inNamespace(t, import.meta.url, async () => {
  await t.test('without CAP_NET_ADMIN a change is EPERM, a listing is not', async (t) => {
    const module = new URL('../../../src/network/rtnetlink.ts', import.meta.url).href;
    const script = `import { openNetwork } from ${JSON.stringify(module)};
      const network = await openNetwork();
      const vip = { family: 4, address: '10.0.0.1', prefixLength: 32 };
      const code = (error) => error.code;
      console.log(
        (await network.links()).length > 0,
        await network.assign(1, vip, 9).catch(code),
        await network.withdraw(1, vip).catch(code),
      );`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    // The sockets do not keep this process alive: it ends by itself without close().
    const { stdout } = spawnSync('setpriv', ['--bounding-set=-net_admin', '--', ...node], {
      encoding: 'utf8',
    });
    t.equal(stdout, 'true EPERM EPERM\n');
  });

  await wired(t, 'closed twice, it answers nothing more', async (t, network) => {
    const { events } = collect(network);
    const underWay = network.addresses();
    network.close();
    network.close();
    t.ok((await underWay).length > 0, 'what was under way was finished');
    await t.rejects(network.links(), NetworkError);
    await t.rejects(network.assign(1, VIP, 60), { code: 'CLOSED' });
    ip('addr', 'add', '10.77.0.5/32', 'dev', 'near');
    t.strictSame(events, []);
  });

  await t.test('whether the kernel keeps marks is known without touching anything', async (t) => {
    using network = await openNetwork();
    t.equal(network.marksAddresses, releaseMarksAddresses(release()));
    for (const yes of ['5.18.0', '5.18-rc1', '6.1.0-13-arm64', '6.18.44-fc', '10.0']) {
      t.equal(releaseMarksAddresses(yes), true, yes);
    }
    for (const no of ['5.17.15', '5.4.0-generic', '4.19', '3.10.0-1160.el7', 'unknown']) {
      t.equal(releaseMarksAddresses(no), false, no);
    }
  });
});
