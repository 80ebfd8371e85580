// Against this machine's kernel: who claims an address on the other end of a cable.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { arpQuestion, gratuitousArp } from '../../src/announce/arp.ts';
import { Neighbourhood } from '../../src/announce/neighbourhood.ts';
import { openPacketSender } from '../../src/announce/packet-sender.ts';
import type { Claim } from '../../src/announce/types.ts';
import { cable, indexOf, inNamespace, ip, within } from '../fixtures/namespace.ts';
import { linkIn } from '../fixtures/fenced-lan.ts';
import type { Vip } from '../../src/network/types.ts';
import { until } from '../fixtures/program.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const vip = (address: string): Vip => ({ family: 4, address, prefixLength: 32 });

await inNamespace(t, import.meta.url, async () => {
  await t.test('claims to what is listened for are heard, and nothing else', async (t) => {
    t.teardown(cable('near', 'far'));
    ip('-n', 'far', 'address', 'add', '10.9.0.2/24', 'dev', 'far');
    const sender = openPacketSender();
    const there = within('far', () => openPacketSender());
    const hood = new Neighbourhood(sender, (event) => t.fail(JSON.stringify(event)));
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
});
