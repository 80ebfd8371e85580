import t from 'tap';
import { isPrimaryOfSubnet, placeOn } from '../../src/network/placement.ts';
import type { LinkAddress, Vip } from '../../src/network/types.ts';

const LINK = 2;
const VIP: Vip = { family: 4, address: '10.4.0.9', prefixLength: 24 };
const own = (changes: Partial<LinkAddress> = {}): LinkAddress => ({
  linkIndex: LINK,
  family: 4,
  address: '10.4.0.1',
  prefixLength: 24,
  ours: false,
  secondary: false,
  validSeconds: Infinity,
  ...changes,
});
const there = (changes: Partial<LinkAddress>): LinkAddress =>
  own({ address: VIP.address, ours: true, validSeconds: 3, ...changes });
const prefixOf = (addresses: readonly LinkAddress[], vip = VIP): number =>
  placeOn(addresses, LINK, vip).prefixLength;

await t.test('the prefix asked for: behind an own address of the same subnet only', async (t) => {
  t.equal(placeOn([own()], LINK, VIP), VIP);
  t.equal(prefixOf([own({ secondary: true, address: '10.4.0.2' }), own()]), 24);
  t.equal(prefixOf([]), 32, 'on a bare link');
  t.equal(prefixOf([own({ prefixLength: 16 })]), 32, 'another length is another subnet');
  t.equal(prefixOf([own({ address: '10.5.0.1' })]), 32, 'another subnet');
  t.equal(prefixOf([own({ linkIndex: 3 })]), 32, 'another link');
  t.equal(prefixOf([own({ secondary: true })]), 32, 'its primary is none of the node');
  t.equal(prefixOf([own({ ours: true })]), 32, 'another VIP');
  t.equal(
    prefixOf([own({ peer: '10.9.0.1' })]),
    32,
    'the subnet of a link is that of its other end',
  );
  t.equal(prefixOf([own({ address: '192.0.2.1', peer: '10.4.0.1' })]), 24);
  t.equal(prefixOf([own({ scope: 253 })]), 32, 'the kernel would refuse it: scope link');
});

await t.test('/32 and IPv6 stay what they are', async (t) => {
  const alone: Vip = { ...VIP, prefixLength: 32 };
  t.equal(placeOn([own()], LINK, alone), alone);
  const six: Vip = { family: 6, address: 'fd00::9', prefixLength: 64 };
  t.equal(placeOn([], LINK, six), six);
});

await t.test('what is there stays while it does no harm', async (t) => {
  t.equal(prefixOf([own(), there({ prefixLength: 32 })]), 32);
  t.equal(prefixOf([there({ secondary: true })]), 24);
  t.equal(prefixOf([there({ secondary: false })]), 32, 'the primary of its subnet');
  t.equal(prefixOf([own(), there({ secondary: true })], { ...VIP, prefixLength: 32 }), 24);
});

await t.test('of ours only one with a subnet leads it', async (t) => {
  t.ok(isPrimaryOfSubnet(there({ secondary: false })));
  t.notOk(isPrimaryOfSubnet(there({ secondary: true })));
  t.notOk(isPrimaryOfSubnet(there({ prefixLength: 32 })));
  t.notOk(isPrimaryOfSubnet(own()));
});
