import * as fc from 'fast-check';
import t from 'tap';
import {
  formatCidr,
  isNetworkOrBroadcast,
  parseVip,
  sameAddress,
  sameVip,
  subnetContains,
} from '../../src/network/address.ts';
import type { Cidr } from '../../src/network/address.ts';

const cidr = (text: string): Cidr => {
  const [address = '', bits] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  return { family, address, prefixLength: Number(bits) };
};

await t.test('an address alone is one host', async (t) => {
  const vip4 = { family: 4, address: '10.0.0.100', prefixLength: 32 };
  t.strictSame(parseVip('10.0.0.100'), { vip: vip4 });
  t.strictSame(parseVip('10.0.0.100/24'), { vip: { ...vip4, prefixLength: 24 } });
  t.strictSame(parseVip('192.0.2.7'), { vip: { ...vip4, address: '192.0.2.7' } });
  const vip6 = { family: 6, address: 'fd00::100', prefixLength: 128 };
  t.strictSame(parseVip('fd00::100'), { vip: vip6 });
  t.strictSame(parseVip('FD00:0:0::0100/64'), { vip: { ...vip6, prefixLength: 64 } });
  t.strictSame(parseVip('2001:db8:0:0:1:0:0:1'), {
    vip: { ...vip6, address: '2001:db8::1:0:0:1' },
  });
});

const refused: [why: string, texts: string[]][] = [
  ['is not an IP address', ['', 'vip.example', '10.0.0', '10.0.0.256', '010.0.0.1', '0x0a000001']],
  ['is not an IP address', ['167772161', '10.1', ' 10.0.0.1', '10.0.0.1 ', '10.0.0.1/24/1', '/24']],
  ['is not an IP address', ['[fd00::1]', 'fd00::1%eth0', 'fd00:::1', 'fd00::1::2', ':']],
  ['is not a prefix length', ['10.0.0.1/', '10.0.0.1/0', '10.0.0.1/33', '10.0.0.1/024']],
  ['is not a prefix length', ['10.0.0.1/ 24', '10.0.0.1/-1', '10.0.0.1/1e1', 'fd00::1/129']],
  ['is for groups of hosts', ['224.0.0.18', '239.1.2.3', 'ff02::1']],
  ['never leaves the host', ['127.0.0.1', '127.8.9.10/8', '::1']],
  ['means no address', ['0.0.0.0', '::', '0.1.2.3']],
  ['is for all hosts', ['255.255.255.255']],
  ['is only valid on its link', ['169.254.10.1', 'fe80::1', 'fe80::1/64']],
  ['is an IPv4 address in IPv6 clothes', ['::ffff:10.0.0.1', '::ffff:a00:1']],
  ['is the network or broadcast address', ['10.0.0.0/24', '10.0.0.255/24', '10.0.0.4/30']],
  ['is the network or broadcast address', ['fd00::/64']],
];
for (const [why, texts] of refused) {
  await t.test(`refused, with a remedy: ${texts.join(' ')}`, async (t) => {
    for (const text of texts) {
      const parsed = parseVip(text);
      t.match(parsed, { problem: why, remedy: /\w/ }, text);
    }
  });
}

await t.test('subnets without network and broadcast addresses', async (t) => {
  for (const text of ['10.0.0.0/31', '10.0.0.1/31', '10.0.0.0/32', 'fd00::/127', 'fd00::/128']) {
    t.hasProp(parseVip(text), 'vip', text);
  }
  t.hasProp(parseVip('fd00::ffff:ffff:ffff:ffff/64'), 'vip', 'IPv6 has no broadcast');
});

await t.test('any text is a VIP or a problem, and a VIP reads back as itself', async () => {
  const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended());
  fc.assert(
    fc.property(text, fc.option(fc.nat(140), { nil: undefined }), (address, bits) => {
      const parsed = parseVip(bits === undefined ? address : `${address}/${bits}`);
      if (!('vip' in parsed)) return parsed.problem !== '' && parsed.remedy !== '';
      const again = parseVip(formatCidr(parsed.vip));
      return 'vip' in again && sameVip(again.vip, parsed.vip);
    }),
  );
});

await t.test('same address and same VIP differ by the prefix', async (t) => {
  t.ok(sameAddress(cidr('10.0.0.1/24'), cidr('10.0.0.1/32')));
  t.notOk(sameVip(cidr('10.0.0.1/24'), cidr('10.0.0.1/32')));
  t.ok(sameVip(cidr('10.0.0.1/24'), cidr('10.0.0.1/24')));
  t.notOk(sameAddress(cidr('10.0.0.1/24'), cidr('10.0.0.2/24')));
});

await t.test('a subnet contains its addresses and no others', async (t) => {
  t.ok(subnetContains('10.0.0.7', 24, '10.0.0.100'));
  t.notOk(subnetContains('10.0.0.7', 25, '10.0.0.128'));
  t.ok(subnetContains('10.0.0.7', 32, '10.0.0.7'));
  t.ok(subnetContains('fd00::1', 64, 'fd00::ffff'));
  t.notOk(subnetContains('fd00::1', 64, 'fd00:0:0:1::1'));
  t.notOk(subnetContains('10.0.0.7', 8, 'fd00::1'), 'across families');
  t.notOk(subnetContains('::', 1, '10.0.0.1'), 'across families');
});

await t.test('network and broadcast addresses of a link’s subnet', async (t) => {
  const own = cidr('10.0.0.7/24');
  t.ok(isNetworkOrBroadcast(own, cidr('10.0.0.0/32')));
  t.ok(isNetworkOrBroadcast(own, cidr('10.0.0.255/32')));
  t.notOk(isNetworkOrBroadcast(own, cidr('10.0.0.100/32')));
  t.notOk(isNetworkOrBroadcast(own, cidr('10.0.1.0/32')), 'in another subnet');
  t.notOk(isNetworkOrBroadcast(cidr('10.0.0.7/23'), cidr('10.0.0.255/32')), 'inside a wider one');
  t.notOk(isNetworkOrBroadcast(cidr('10.0.0.0/31'), cidr('10.0.0.1/32')));
  t.ok(isNetworkOrBroadcast(cidr('fd00::7/64'), cidr('fd00::/128')));
  t.notOk(isNetworkOrBroadcast(cidr('fd00::7/64'), cidr('fd00::ffff:ffff:ffff:ffff/128')));
});
