// Against this machine's kernel, in a network namespace: what `ip` sees after our requests, and what
// we see after its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { NetworkError } from '../../src/network/network-error.ts';
import { openNetwork, releaseMarksAddresses } from '../../src/network/rtnetlink.ts';
import type { RtNetlink } from '../../src/network/rtnetlink.ts';
import type { NetworkEvent, Vip } from '../../src/network/types.ts';
import { cable, inNamespace, indexOf, ip } from '../fixtures/namespace.ts';

const VIP: Vip = { family: 4, address: '10.77.0.100', prefixLength: 32 };
const VIP6: Vip = { family: 6, address: 'fd00:77::100', prefixLength: 128 };

/** What `ip -json addr` says of an address. */
interface Shown {
  local: string;
  prefixlen: number;
  scope: string;
  protocol?: string;
  deprecated?: boolean;
  nodad?: boolean;
  tentative?: boolean;
  broadcast?: string;
  valid_life_time: number;
  preferred_life_time: number;
}
function shown(link: string): Shown[] {
  const [found] = JSON.parse(ip('-json', 'addr', 'show', 'dev', link)) as { addr_info: Shown[] }[];
  return found?.addr_info ?? [];
}

/** Events that are kept, and a wait for the first that fits (those before it are dropped). */
function collect(network: RtNetlink) {
  const events: NetworkEvent[] = [];
  let wake: (() => void) | undefined;
  const stop = network.watch((event) => {
    events.push(event);
    wake?.();
  });
  const next = async (fits: (event: NetworkEvent) => boolean): Promise<NetworkEvent> => {
    // The event socket does not keep the process alive: the wait has to.
    const alive = setInterval(() => undefined, 1e6);
    try {
      for (;;) {
        const event = events.shift();
        if (event !== undefined && fits(event)) return event;
        if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      clearInterval(alive);
    }
  };
  return { events, stop, next };
}

/** A test with an open network and a cable `near`—`far` whose end here has 10.77.0.1/24. */
async function wired(name: string, body: (t: Test, network: RtNetlink) => Promise<void>) {
  await t.test(name, async (t) => {
    const unplug = cable('near', 'far');
    ip('addr', 'add', '10.77.0.1/24', 'brd', '+', 'dev', 'near');
    const network = await openNetwork();
    try {
      await body(t, network);
    } finally {
      await network.close();
      unplug();
    }
  });
}

const ofVip = (network: RtNetlink, vip: Vip) =>
  network.addresses().then((all) => all.filter(({ address }) => address === vip.address));

await inNamespace(t, import.meta.url, async () => {
  await wired('links are listed with names, flags and hardware address', async (t, network) => {
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

  await wired('an assigned VIP is marked, mortal, never preferred', async (t, network) => {
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

  await wired('an IPv6 VIP answers at once: no duplicate address detection', async (t, network) => {
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
  });

  await wired('assigning again sets the lifetime, keeps mark and place', async (t, network) => {
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

  await wired('the kernel removes what is not renewed, and keeps what is', async (t, network) => {
    const index = indexOf('near');
    const other: Vip = { ...VIP, address: '10.77.0.101' };
    const { next } = collect(network);
    await network.assign(index, VIP, 1);
    await network.assign(index, other, 1);
    await network.assign(index, other, 60);
    await next((e) => e.type === 'address-removed' && e.address.address === VIP.address);
    t.strictSame(await ofVip(network, VIP), []);
    t.match(await ofVip(network, other), [{ ours: true }]);
  });

  await wired('withdrawing takes it off; an absent one is success', async (t, network) => {
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

  await wired('what the kernel refuses is an error with its code', async (t, network) => {
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

  await wired('many requests at once are all answered, listings whole', async (t, network) => {
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

  await wired('events tell of addresses and links as they change', async (t, network) => {
    const index = indexOf('near');
    const { next, events, stop } = collect(network);
    await network.assign(index, VIP, 60);
    t.match(await next(({ type }) => type === 'address-added'), {
      address: { linkIndex: index, address: VIP.address, ours: true },
    });
    ip('addr', 'del', '10.77.0.100/32', 'dev', 'near');
    t.match(await next(({ type }) => type === 'address-removed'), {
      address: { linkIndex: index, address: VIP.address, ours: true },
    });
    ip('-n', 'far', 'link', 'set', 'far', 'down');
    await next((e) => e.type === 'link-changed' && e.link.name === 'near' && !e.link.carrier);
    ip('-n', 'far', 'link', 'set', 'far', 'up');
    await next((e) => e.type === 'link-changed' && e.link.name === 'near' && e.link.carrier);
    ip('link', 'add', 'extra', 'type', 'bridge');
    ip('link', 'set', 'near', 'master', 'extra');
    ip('link', 'set', 'near', 'nomaster');
    ip('link', 'del', 'extra');
    const removed = await next(({ type }) => type === 'link-removed');
    t.match(removed, { link: { name: 'extra' } }, 'leaving a bridge removed no link');
    stop();
    stop();
    events.length = 0;
    await network.assign(index, VIP, 60);
    await network.links();
    t.strictSame(events, [], 'nothing after the watch was stopped');
  });

  await wired('lost events are an overrun, after which events go on', async (t, network) => {
    const index = indexOf('near');
    const { next } = collect(network);
    const batch = Array.from(
      { length: 12_000 },
      (_, i) => `addr add 10.${80 + (i >> 14)}.${(i >> 7) & 127}.${i & 127}/32 dev near`,
    );
    const file = join(t.testdir({ batch: `${batch.join('\n')}\n` }), 'batch');
    // Synchronous: the loop reads no event meanwhile, and the kernel's buffer fills up.
    execFileSync('ip', ['-batch', file], { maxBuffer: 1e8 });
    await next(({ type }) => type === 'overrun');
    t.equal(
      (await network.addresses()).filter((a) => a.address.startsWith('10.80.')).length,
      12_000,
    );
    await network.assign(index, VIP, 60);
    const told = await next((e) => e.type === 'address-added' && e.address.ours);
    t.match(told, { address: { address: VIP.address } });
  });

  await wired('listings are whole while others change the table', async (t, network) => {
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

  await t.test('without CAP_NET_ADMIN a change is EPERM, a listing is not', async (t) => {
    const module = new URL('../../src/network/rtnetlink.ts', import.meta.url).href;
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

  await wired('closed twice, it answers nothing more', async (t, network) => {
    const { events } = collect(network);
    const underWay = network.addresses();
    await Promise.all([network.close(), network.close()]);
    t.ok((await underWay).length > 0, 'what was under way was finished');
    await t.rejects(network.links(), NetworkError);
    await t.rejects(network.assign(1, VIP, 60), { code: 'CLOSED' });
    ip('addr', 'add', '10.77.0.5/32', 'dev', 'near');
    t.strictSame(events, []);
  });

  await t.test('whether the kernel keeps marks is known without touching anything', async (t) => {
    await using network = await openNetwork();
    t.equal(network.marksAddresses, releaseMarksAddresses(release()));
    for (const yes of ['5.18.0', '5.18-rc1', '6.1.0-13-arm64', '6.18.44-fc', '10.0']) {
      t.equal(releaseMarksAddresses(yes), true, yes);
    }
    for (const no of ['5.17.15', '5.4.0-generic', '4.19', '3.10.0-1160.el7', 'unknown']) {
      t.equal(releaseMarksAddresses(no), false, no);
    }
  });
});
