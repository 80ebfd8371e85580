// Frames on a real cable, and what they do to the neighbour cache of the host at its other end.
import t from 'tap';
import { Announcer } from '../../../src/announce/announcer.ts';
import { ETHERTYPE_ARP, parseArp } from '../../../src/announce/arp.ts';
import { openPacketSender } from '../../../src/announce/packet-sender.ts';
import { closeFd } from '../../../src/libc.ts';
import { openPacketSocket, receivePacket } from '../../../src/network/packet-socket.ts';
import { entry, MAC } from '../../fixtures/announcer-bench.ts';
import { cable, indexOf, inNamespace, ip, within } from '../../fixtures/namespace.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

await inNamespace(t, import.meta.url, async () => {
  await t.test('on the wire another host sees both forms and corrects its cache', async (t) => {
    const unplug = cable('near', 'far');
    ip('link', 'set', 'near', 'address', MAC);
    ip('-n', 'far', 'addr', 'add', '10.77.0.2/24', 'dev', 'far');
    // A cache that still has the old holder, confirmed long ago enough to be overridden.
    ip(
      '-n',
      'far',
      'neigh',
      'add',
      '10.77.0.100',
      'lladdr',
      '02:00:00:00:00:99',
      'dev',
      'far',
      'nud',
      'stale',
    );
    const capture = within('far', () => openPacketSocket(ETHERTYPE_ARP));
    const sender = openPacketSender();
    const clock = new VirtualClock();
    let open = true;
    const announcer = new Announcer(
      { clock, sender, mayAnnounce: () => open, emit: () => undefined },
      { everyMs: 3000 },
    );
    announcer.start('g', [entry('10.77.0.100', indexOf('near'))]);
    const seen = [receivePacket(capture), receivePacket(capture)].map((p) => parseArp(p!.bytes));
    const common = {
      destination: 'ff:ff:ff:ff:ff:ff',
      source: MAC,
      senderMac: MAC,
      senderIp: '10.77.0.100',
      targetIp: '10.77.0.100',
    };
    t.strictSame(seen, [
      { kind: 'request', ...common, targetMac: '00:00:00:00:00:00' },
      { kind: 'reply', ...common, targetMac: MAC },
    ]);
    t.match(ip('-n', 'far', 'neigh', 'show', '10.77.0.100'), `lladdr ${MAC} `);
    open = false;
    clock.pass(60_000);
    t.equal(receivePacket(capture), undefined, 'a closed fence: silence on the wire');
    open = true;
    announcer.stop('g');
    clock.pass(60_000);
    t.equal(receivePacket(capture), undefined, 'stopped: silence on the wire');
    closeFd(capture);
    sender.close();
    unplug();
  });
});
