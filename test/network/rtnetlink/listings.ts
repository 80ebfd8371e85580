// Against this machine's kernel, in a network namespace: what we list, also while much changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import type { Vip } from '../../../src/network/types.ts';
import { indexOf, inNamespace, ip } from '../../fixtures/namespace.ts';
import { VIP, wired } from '../../fixtures/wired.ts';

await inNamespace(t, import.meta.url, async () => {
  await wired(t, 'links are listed with names, flags and hardware address', async (t, network) => {
    ip('link', 'property', 'add', 'dev', 'near', 'altname', 'uplink', 'altname', 'enp0s1');
    ip('link', 'set', 'near', 'address', '02:00:00:00:00:01');
    const near = {
      index: indexOf('near'),
      name: 'near',
      altNames: ['uplink', 'enp0s1'],
      mac: '02:00:00:00:00:01',
      loopback: false,
      up: true,
      carrier: true,
    };
    const links = await network.links();
    t.match(
      links.find(({ name }) => name === 'lo'),
      { index: 1, loopback: true, up: true },
    );
    t.strictSame(
      links.find(({ name }) => name === 'near'),
      near,
    );
    ip('-n', 'far', 'link', 'set', 'far', 'down');
    t.strictSame(
      (await network.links()).find(({ name }) => name === 'near'),
      {
        ...near,
        carrier: false,
      },
    );
    ip('link', 'set', 'near', 'down');
    t.match(
      (await network.links()).find(({ name }) => name === 'near'),
      { up: false },
    );
  });

  await wired(t, 'many requests at once are all answered, listings whole', async (t, network) => {
    const index = indexOf('near');
    const vips = Array.from({ length: 1000 }, (_, i): Vip => {
      return { ...VIP, address: `10.78.${i >> 8}.${i & 255}` };
    });
    const assigned = Promise.all(vips.map((vip) => network.assign(index, vip, 600)));
    const lists = Promise.all([network.links(), network.addresses(), network.links()]);
    await assigned;
    const [links, , sameLinks] = await lists;
    t.strictSame(links, sameLinks);
    const listed = (await network.addresses()).filter(({ ours }) => ours);
    t.strictSame(
      listed.map(({ address }) => address),
      vips.map(({ address }) => address),
      'in the order in which they were assigned',
    );
    await Promise.all(vips.map((vip) => network.withdraw(index, vip)));
    t.notOk((await network.addresses()).some(({ ours }) => ours));
  });

  await wired(t, 'listings are whole while others change the table', async (t, network) => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `addr add 10.79.${i >> 8}.${i & 255}/32 dev near`,
    );
    const back = lines.map((line) => line.replace('add 10', 'del 10')).toReversed();
    const dir = t.testdir({ batch: `${[...lines, ...back].join('\n')}\n` });
    const changing = spawn('ip', ['-batch', join(dir, 'batch')], { stdio: 'ignore' });
    const ended = once(changing, 'exit');
    let listings = 0;
    while (changing.exitCode === null && changing.signalCode === null) {
      // A listing takes no turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      try {
        const addresses = await network.addresses();
        const keys = addresses.map((a) => `${a.linkIndex} ${a.address}/${a.prefixLength}`);
        if (new Set(keys).size !== keys.length) t.fail('an address twice');
        if (!keys.includes(`${indexOf('near')} 10.77.0.1/24`)) t.fail('an address missing');
        listings += 1;
      } catch (error) {
        t.match(error, { code: 'INTERRUPTED' }, 'or said to be impossible');
      }
    }
    await ended;
    t.comment(`${listings} listings`);
    t.ok((await network.addresses()).length > 0);
  });
});
