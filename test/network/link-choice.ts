import t from 'tap';
import { chooseLink, isFirstOnLink } from '../../src/network/link-choice.ts';
import type { Link, LinkAddress, Vip } from '../../src/network/types.ts';

const link = (index: number, name: string, changes: Partial<Link> = {}): Link => ({
  index,
  name,
  altNames: [],
  mac: `02:00:00:00:00:0${index}`,
  loopback: false,
  up: true,
  carrier: true,
  ...changes,
});
const address = (linkIndex: number, text: string, ours = false): LinkAddress => {
  const [ip = '', bits] = text.split('/');
  const family = ip.includes(':') ? 6 : 4;
  return {
    linkIndex,
    family,
    address: ip,
    prefixLength: Number(bits),
    ours,
    validSeconds: ours ? 3 : Infinity,
  };
};
const vip = (text: string): Vip => {
  const family = text.includes(':') ? 6 : 4;
  return { family, address: text, prefixLength: family === 4 ? 32 : 128 };
};

const lo = link(1, 'lo', { loopback: true });
const end0 = link(2, 'end0', { altNames: ['uplink', 'enp0s1'] });
const wlan0 = link(3, 'wlan0');
const links = [lo, end0, wlan0];
const addresses = [
  address(1, '127.0.0.1/8'),
  address(2, '10.0.0.1/24'),
  address(3, '10.0.0.2/16'),
  address(2, 'fe80::1/64'),
];
const VIP = vip('10.0.0.100');

await t.test('a named link is found by its name and by its other names', async (t) => {
  for (const name of ['end0', 'uplink', 'enp0s1']) {
    t.strictSame(chooseLink(links, addresses, [name], [VIP]), { kind: 'ok', link: end0 }, name);
  }
});

await t.test('of a list the first that exists is taken', async (t) => {
  const choice = chooseLink(links, addresses, ['eth0', 'wlan0', 'end0'], [VIP]);
  t.strictSame(choice, { kind: 'ok', link: wlan0 });
});

await t.test('a missing link names those that exist', async (t) => {
  t.strictSame(chooseLink(links, addresses, ['eth0', 'eth1'], [VIP]), {
    kind: 'missing',
    detail:
      'no link is called eth0 or eth1; ' +
      'there are end0 (10.0.0.1/24, fe80::1/64), wlan0 (10.0.0.2/16)',
  });
  t.strictSame(chooseLink([lo], addresses, ['eth0'], [VIP]), {
    kind: 'missing',
    detail: 'no link is called eth0; there is none but loopback',
  });
});

await t.test('lo is refused with the reason, and skipped in a list', async (t) => {
  t.match(chooseLink(links, addresses, ['lo'], [VIP]), {
    kind: 'missing',
    detail: /^link lo is loopback, where nobody would see the VIP; there are end0/,
  });
  t.match(chooseLink(links, addresses, ['lo', 'end0'], [VIP]), { kind: 'ok', link: end0 });
});

await t.test('auto takes the longest prefix that contains the VIP, never loopback', async (t) => {
  t.strictSame(chooseLink(links, addresses, 'auto', [VIP]), { kind: 'ok', link: end0 });
  t.strictSame(chooseLink(links, addresses, 'auto', [vip('10.0.1.1')]), {
    kind: 'ok',
    link: wlan0,
  });
  t.match(chooseLink(links, addresses, 'auto', [vip('127.0.0.9')]), { kind: 'missing' });
  t.match(chooseLink(links, addresses, 'auto', [vip('192.168.7.7')]), {
    kind: 'missing',
    detail: /^no link's subnet contains 192\.168\.7\.7; there are end0 \(10\.0\.0\.1\/24/,
  });
});

await t.test('auto wants one link for all VIPs of the group', async (t) => {
  const both = [VIP, vip('10.0.1.1')];
  t.strictSame(chooseLink(links, addresses, 'auto', both), { kind: 'ok', link: wlan0 });
  t.match(chooseLink(links, addresses, 'auto', [VIP, vip('fd00::1')]), { kind: 'missing' });
});

await t.test('auto does not take our own address for a subnet', async (t) => {
  const held = [address(3, '10.9.0.1/24'), address(2, '10.0.0.100/8', true)];
  t.match(chooseLink(links, held, 'auto', [VIP]), { kind: 'missing' });
});

await t.test('auto: of equal subnets the one with carrier, then the first', async (t) => {
  const equal = [address(2, '10.0.0.1/24'), address(3, '10.0.0.2/24')];
  t.match(chooseLink(links, equal, 'auto', [VIP]), { link: { name: 'end0' } });
  const unplugged = [lo, { ...end0, carrier: false }, wlan0];
  t.match(chooseLink(unplugged, equal, 'auto', [VIP]), { kind: 'ok', link: { name: 'wlan0' } });
});

await t.test('a link that is down or unplugged', async (t) => {
  const down = { ...end0, up: false, carrier: false };
  t.strictSame(chooseLink([lo, down], addresses, ['end0'], [VIP]), {
    kind: 'no-carrier',
    link: down,
    detail: 'link end0 is down',
  });
  const unplugged = { ...end0, carrier: false };
  t.strictSame(chooseLink([lo, unplugged], addresses, ['end0'], [VIP]), {
    kind: 'no-carrier',
    link: unplugged,
    detail: 'link end0 has no carrier',
  });
});

await t.test('the VIP goes only behind an address of the link’s own, of its family', async (t) => {
  const expected = {
    kind: 'no-address',
    link: end0,
    detail: 'link end0 has no IPv4 address of its own',
  };
  t.strictSame(chooseLink(links, [], ['end0'], [VIP]), expected);
  const onlyOurs = [address(2, '10.0.0.100/32', true), address(2, 'fe80::1/64')];
  t.strictSame(chooseLink(links, onlyOurs, ['end0'], [VIP]), expected);
  t.strictSame(chooseLink(links, onlyOurs, ['end0'], [vip('fd00::1')]), { kind: 'ok', link: end0 });
});

await t.test('a VIP that somebody else has put on any link is reported', async (t) => {
  for (const [on, name] of [
    [2, 'end0'],
    [3, 'wlan0'],
    [1, 'lo'],
  ] as const) {
    const present = [...addresses, address(on, '10.0.0.100/24')];
    t.match(chooseLink(links, present, ['end0'], [vip('10.0.0.99'), VIP]), {
      kind: 'foreign-address',
      vip: VIP,
      link: { name },
      detail: `10.0.0.100/24 is on link ${name} and we did not put it there`,
    });
  }
  const ours = [...addresses, address(2, '10.0.0.100/32', true)];
  t.match(chooseLink(links, ours, ['end0'], [VIP]), { kind: 'ok' }, 'our own is not');
});

await t.test('the VIP is first on its link', async (t) => {
  const ours = address(2, '10.0.0.100/32', true);
  const own = address(2, '10.0.0.1/24');
  t.equal(isFirstOnLink([ours, own], 2, VIP), true);
  t.equal(isFirstOnLink([own, ours], 2, VIP), false);
  t.equal(isFirstOnLink([ours], 2, VIP), false, 'without another of its own');
  t.equal(isFirstOnLink([ours, address(2, '10.0.0.101/32', true)], 2, VIP), false, 'or only ours');
  t.equal(isFirstOnLink([address(3, '10.0.0.9/24'), ours, own], 2, VIP), true, 'other links aside');
  t.equal(isFirstOnLink([ours, address(2, 'fe80::1/64')], 2, VIP), false, 'other families aside');
  const six = address(2, 'fd00::100/128', true);
  t.equal(isFirstOnLink([six, address(2, 'fd00::1/64')], 2, vip('fd00::100')), false, 'IPv6');
});
