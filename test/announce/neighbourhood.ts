// Against this machine's kernel: who claims an address on the other end of a cable.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { arpQuestion, gratuitousArp } from '../../src/announce/arp.ts';
import { Neighbourhood } from '../../src/announce/neighbourhood.ts';
import { openNeighbourSender } from '../../src/announce/neighbour-sender.ts';
import { unsolicitedAdvertisement } from '../../src/announce/ndp.ts';
import { openPacketSender } from '../../src/announce/packet-sender.ts';
import type { Claim } from '../../src/announce/types.ts';
import { cable, indexOf, inNamespace, ip, within } from '../fixtures/namespace.ts';
import { linkIn } from '../fixtures/fenced-lan.ts';
import type { Vip } from '../../src/network/types.ts';
import { until } from '../fixtures/program.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const vip = (address: string): Vip => ({ family: 4, address, prefixLength: 32 });
const vip6 = (address: string): Vip => ({ family: 6, address, prefixLength: 128 });

await inNamespace(t, import.meta.url, async () => {
  await t.test('claims to what is listened for are heard, and nothing else', async (t) => {
    t.teardown(cable('near', 'far'));
    ip('-n', 'far', 'address', 'add', '10.9.0.2/24', 'dev', 'far');
    const sender = openPacketSender();
    const there = within('far', () => openPacketSender());
    const hood = new Neighbourhood({ sender, neighbours: undefined }, (event) =>
      t.fail(JSON.stringify(event)),
    );
    t.teardown(() => [sender, there, hood].forEach((each) => each.close()));
    const before = descriptors();
    const heard: Claim[] = [];
    const stop = hood.listen([vip('10.9.0.2'), vip('10.9.0.3')], (claim) => heard.push(claim));
    const near = linkIn('self', 'near');
    const far = linkIn('far', 'far');
    const soon = (count: number): Promise<boolean> =>
      until(`${count} claims`, () => heard.length >= count || undefined);
    const linkIndex = indexOf('near');
    hood.ask(linkIndex, near.address, vip('10.9.0.2'));
    await soon(1);
    t.strictSame(heard.splice(0), [
      { address: '10.9.0.2', linkIndex, mac: far.address, answers: true },
    ]);
    there.send(far.index, arpQuestion(far.address, '0.0.0.0', '10.9.0.3'));
    there.send(far.index, gratuitousArp('request', far.address, '10.9.0.4'));
    there.send(far.index, gratuitousArp('request', far.address, '10.9.0.3'));
    there.send(far.index, gratuitousArp('reply', far.address, '10.9.0.3'));
    await soon(2);
    const claim = { address: '10.9.0.3', linkIndex, mac: far.address, answers: false };
    t.strictSame(heard.splice(0), [claim, claim], 'no probe, no other address');
    // Another listener widens the filter and its end narrows it again.
    const more: Claim[] = [];
    const stopMore = hood.listen([vip('10.9.0.4')], (claim) => more.push(claim));
    there.send(far.index, gratuitousArp('request', far.address, '10.9.0.4'));
    await until('the other', () => more.length === 1 || undefined);
    stopMore();
    there.send(far.index, gratuitousArp('request', far.address, '10.9.0.4'));
    there.send(far.index, gratuitousArp('request', far.address, '10.9.0.3'));
    await soon(1);
    t.strictSame([heard.length, more.length], [1, 1]);
    stop();
    stop();
    t.equal(descriptors(), before, 'nobody listens: no socket');
  });

  await t.test('IPv6: answers, announcements and duplicate detection', async (t) => {
    t.teardown(cable('near', 'far'));
    ip('-n', 'far', 'address', 'add', 'fd00:9::2/64', 'dev', 'far', 'nodad');
    // Addresses to ask from that need no duplicate detection, which would take 2 s.
    for (const [name, ...there] of [['near'], ['far', '-n', 'far']] as const) {
      ip(...there, '-6', 'address', 'flush', 'dev', name, 'scope', 'link');
      ip(...there, 'address', 'add', `fe80::${name === 'near' ? 1 : 2}/64`, 'dev', name, 'nodad');
    }
    const neighbours = openNeighbourSender();
    const there = within('far', () => openNeighbourSender());
    const sender = openPacketSender();
    const hood = new Neighbourhood({ sender, neighbours }, (event) =>
      t.fail(JSON.stringify(event)),
    );
    t.teardown(() => [sender, neighbours, there, hood].forEach((each) => each.close()));
    const before = descriptors();
    const heard: Claim[] = [];
    // 2001:db8::9:3 ends as one that is listened for does: the kernel lets it through.
    const stop = hood.listen([vip6('fd00:9::2'), vip6('fd00:9::9:3')], (claim) =>
      heard.push(claim),
    );
    const linkIndex = indexOf('near');
    const { address: mac, index } = linkIn('far', 'far');
    const soon = (count: number): Promise<boolean> =>
      until(`${count} claims`, () => heard.length >= count || undefined);
    hood.ask(linkIndex, linkIn('self', 'near').address, vip6('fd00:9::2'));
    await soon(1);
    t.strictSame(heard.splice(0), [{ address: 'fd00:9::2', linkIndex, mac, answers: true }]);
    // Its kernel asks whether anybody has it, and then takes it.
    ip('-n', 'far', 'address', 'add', 'fd00:9::9:3/64', 'dev', 'far');
    await soon(1);
    const claim = { address: 'fd00:9::9:3', linkIndex, mac, answers: false };
    t.strictSame(heard.splice(0), [claim]);
    // Whoever only asks from an address of its own claims nothing.
    const there6 = new Neighbourhood({ sender, neighbours: there }, () => undefined);
    there6.ask(index, mac, vip6('fd00:9::9:3'));
    there.send(index, unsolicitedAdvertisement(mac, '2001:db8::9:3'));
    there.send(index, unsolicitedAdvertisement(mac, 'fd00:9::9:3'));
    await soon(1);
    t.strictSame(heard.splice(0), [claim], 'no question, no other address');
    stop();
    t.equal(descriptors(), before, 'nobody listens: no socket');
  });
});
