// Against this machine's kernel: the fence of a link that is renamed, removed and made anew.
import t from 'tap';
import { gratuitousArp } from '../../../../src/announce/arp.ts';
import { closeFd } from '../../../../src/libc.ts';
import { openPacketSocket, sendPacket } from '../../../../src/network/packet-socket.ts';
import { VIP, fencedLan, linkIn, nft, openFence } from '../../../fixtures/fenced-lan.ts';
import { inNamespace, ip, within } from '../../../fixtures/namespace.ts';

/** The chains of family netdev, as `egress3 first`. */
const chains = (): string[] =>
  [
    ...nft('list', 'ruleset').matchAll(
      /chain (\w+) \{\s+type filter hook egress(?: device "(\w+)")?/g,
    ),
  ].map(([, name, link = '-']) => `${name} ${link}`);

/** Makes a link `extra` of the host, which ends in the host, too. */
function make(): ReturnType<typeof linkIn> {
  ip('-n', 'host', 'link', 'add', 'extra', 'type', 'veth', 'peer', 'name', 'other');
  ip('-n', 'host', 'link', 'set', 'other', 'up');
  ip('-n', 'host', 'link', 'set', 'extra', 'up');
  return linkIn('host', 'extra');
}
function remake(): ReturnType<typeof linkIn> {
  ip('-n', 'host', 'link', 'del', 'extra');
  return make();
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('a link that is made anew is fenced anew, and the old chain goes', (t) => {
    const { fence } = fencedLan(t);
    const frames = within('host', () => openPacketSocket());
    const isFenced = ({ index, address }: { index: number; address: string }): boolean => {
      try {
        sendPacket(frames, index, gratuitousArp('reply', address, VIP.address));
        return false;
      } catch (error) {
        return (error as { code: string }).code === 'ENOBUFS';
      }
    };
    const first = linkIn('host', 'first');
    const old = make();
    t.equal(isFenced(old), false);
    fence.manage([VIP], old);
    t.equal(isFenced(old), true);
    t.equal(isFenced(first), false, 'each link by itself');
    fence.manage([VIP], first);
    t.strictSame(chains(), [`egress${old.index} extra`, `egress${first.index} first`]);
    const anew = remake();
    t.not(anew.index, old.index);
    fence.linkRemoved(old.index);
    fence.linkRemoved(old.index);
    fence.linkRemoved(9999);
    t.strictSame(chains(), [`egress${first.index} first`]);
    t.equal(isFenced(anew), false);
    fence.manage([VIP], anew);
    t.equal(isFenced(anew), true);
    const third = remake();
    fence.manage([VIP], third);
    t.equal(isFenced(third), true);
    t.strictSame(
      chains(),
      [`egress${first.index} first`, `egress${third.index} extra`],
      'whoever is not told of the removal sees it by the name',
    );
    closeFd(frames);
    t.end();
  });

  await t.test('a renamed link is fenced anew', (t) => {
    const { fence } = fencedLan(t);
    const first = linkIn('host', 'first');
    fence.manage([VIP], first);
    ip('-n', 'host', 'link', 'set', 'first', 'down');
    ip('-n', 'host', 'link', 'set', 'first', 'name', 'uplink');
    ip('-n', 'host', 'link', 'set', 'uplink', 'up');
    fence.manage([VIP], { index: first.index, name: 'uplink' });
    t.strictSame(chains(), [`egress${first.index} uplink`]);
    t.end();
  });

  await t.test('a successor keeps the chains of links that are there', (t) => {
    const { fence } = fencedLan(t);
    const first = linkIn('host', 'first');
    const extra = make();
    fence.manage([VIP], first);
    fence.manage([VIP], extra);
    fence.close();
    const anew = remake();
    const successor = openFence();
    successor.manage([VIP], anew);
    t.strictSame(chains(), [`egress${first.index} first`, `egress${anew.index} extra`]);
    successor.linkRemoved(anew.index);
    t.strictSame(chains(), [`egress${first.index} first`]);
    successor.manage([VIP], first);
    t.strictSame(chains(), [`egress${first.index} first`], 'not twice');
    successor.close();
    t.end();
  });
});
