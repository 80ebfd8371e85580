// Our bodies against a reference encoding that the kernel took; the kernel's own bodies decoded.
// How they were captured: test/fixtures/rtnetlink-capture.py.
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import t from 'tap';
import { DecodeError } from '../../src/network/attributes.ts';
import {
  carriesProtocol,
  decodeAddress,
  decodeLink,
  encodeAddressQuery,
  encodeAssign,
  encodeLinkQuery,
  encodeWithdraw,
} from '../../src/network/codec.ts';

const captured = new Map(
  readFileSync(new URL('../fixtures/rtnetlink.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => line.split('\t') as [string, string]),
);
const hexOf = (name: string): string => captured.get(name) ?? `no capture called ${name}`;
const body = (name: string): Buffer => Buffer.from(hexOf(name), 'hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** An IPv4 address message on link 3 with these attributes, as hex. */
const bad = (parts: string[]): Buffer =>
  Buffer.from(['02200000', '03000000', ...parts].join(''), 'hex');
/** Decodes or refuses. */
const harmless = (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean => {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    return error instanceof DecodeError;
  }
};

const VETH0 = 3;
const vip4 = { family: 4, address: '10.77.0.100', prefixLength: 32 } as const;
const vip6 = { family: 6, address: 'fd00:77::100', prefixLength: 128 } as const;

await t.test('an assignment is what the kernel took from the reference', async (t) => {
  t.equal(hex(encodeAssign(VETH0, vip4, 30)), hexOf('request new4'));
  t.equal(hex(encodeAssign(VETH0, vip6, 30)), hexOf('request new6'));
});

await t.test('a lifetime is in whole seconds and ends', async (t) => {
  for (const seconds of [0, -1, 0.5, NaN, Infinity, 0xffff_ffff]) {
    t.throws(() => encodeAssign(VETH0, vip4, seconds), RangeError, String(seconds));
  }
  t.equal(encodeAssign(VETH0, vip4, 0xffff_fffe).length, encodeAssign(VETH0, vip4, 1).length);
});

await t.test('a withdrawal names address, prefix and link', async (t) => {
  t.equal(
    hex(encodeWithdraw(VETH0, { ...vip4, prefixLength: 24 })),
    ['02180000', '03000000', '08000200', '0a4d0064', '08000100', '0a4d0064'].join(''),
  );
});

await t.test('queries ask for everything, links without counters', async (t) => {
  t.equal(hex(encodeAddressQuery()), '00'.repeat(8));
  t.equal(hex(encodeLinkQuery()), `${'00'.repeat(16)}08001d0008000000`);
});

await t.test('addresses of the kernel', async (t) => {
  const permanent = { ours: false, validSeconds: Infinity };
  const held = { linkIndex: VETH0, ours: true, validSeconds: 30 };
  t.strictSame(decodeAddress(body('address 127.0.0.1')), {
    linkIndex: 1,
    family: 4,
    address: '127.0.0.1',
    prefixLength: 8,
    secondary: false,
    scope: 254,
    ...permanent,
  });
  t.strictSame(decodeAddress(body('address 10.77.0.1')), {
    linkIndex: VETH0,
    family: 4,
    address: '10.77.0.1',
    prefixLength: 24,
    secondary: false,
    ...permanent,
  });
  t.strictSame(decodeAddress(body('address fe80::ff:fe00:1')), {
    linkIndex: VETH0,
    family: 6,
    address: 'fe80::ff:fe00:1',
    prefixLength: 64,
    ...permanent,
  });
  t.strictSame(decodeAddress(body('address 10.77.0.100')), { ...vip4, ...held, secondary: false });
  t.strictSame(decodeAddress(body('address fd00:77::100')), { ...vip6, ...held });
  t.strictSame(decodeAddress(body('event address removed')), {
    ...vip4,
    ...held,
    secondary: false,
  });
});

await t.test('an address behind another of its subnet is secondary', async (t) => {
  const secondary = body('address 10.77.0.100');
  secondary[2] = secondary[2]! | 1;
  t.equal(decodeAddress(secondary)?.secondary, true);
});

await t.test('whether a kernel tells who added an address', async (t) => {
  t.equal(carriesProtocol(body('address 10.77.0.100')), true);
  t.equal(carriesProtocol(body('address ::1')), true, 'IFAPROT_KERNEL_LO');
  t.equal(carriesProtocol(body('address 127.0.0.1')), false, 'IPv4 has none for loopback');
});

await t.test('another protocol’s address is not ours', async (t) => {
  const other = body('address 10.77.0.100');
  const at = other.indexOf(Buffer.from('05000b00e1', 'hex'));
  other[at + 4] = 0xe2;
  t.equal(decodeAddress(other)?.ours, false);
});

await t.test('on a point-to-point link the local end is the address', async (t) => {
  // `ip addr add 10.77.0.1 peer 10.77.9.9/32`: LOCAL (2) ours, ADDRESS (1) the peer's.
  const parts = ['02200000', '03000000', '08000100', '0a4d0909', '08000200', '0a4d0001'];
  t.equal(decodeAddress(Buffer.from(parts.join(''), 'hex'))?.address, '10.77.0.1');
});

await t.test('links of the kernel', async (t) => {
  t.strictSame(decodeLink(body('link lo')), {
    index: 1,
    name: 'lo',
    altNames: [],
    mac: '00:00:00:00:00:00',
    loopback: true,
    up: true,
    carrier: true,
  });
  const veth0 = decodeLink(body('link veth0'));
  t.strictSame(veth0, {
    index: VETH0,
    name: 'veth0',
    altNames: ['uplink', 'enp0s1'],
    mac: '02:00:00:00:00:01',
    loopback: false,
    up: true,
    carrier: true,
  });
  const unplugged = body('link veth0');
  unplugged.writeUInt32LE(unplugged.readUInt32LE(8) & ~0x10000, 8);
  t.strictSame(decodeLink(unplugged), { ...veth0, carrier: false }, 'IFF_LOWER_UP');
  unplugged.writeUInt32LE(unplugged.readUInt32LE(8) & ~1, 8);
  t.strictSame(decodeLink(unplugged), { ...veth0, carrier: false, up: false }, 'IFF_UP');
});

await t.test('messages that are not about the link itself are nothing', async (t) => {
  t.equal(decodeLink(body('event bridge port joined')), undefined);
  t.equal(decodeLink(body('event bridge port left')), undefined, 'its DELLINK deletes no link');
  const wireless = Buffer.concat([body('link lo'), Buffer.from('04000b00', 'hex')]);
  t.equal(decodeLink(wireless), undefined, 'IFLA_WIRELESS');
  const other = body('address 10.77.0.1');
  other[0] = 16;
  t.equal(decodeAddress(other), undefined, 'AF_PHONET');
});

await t.test('a hardware address that is not six bytes is none', async (t) => {
  const tunnel = ['00000000', '05000000', '00000000', '00000000', '08000100', '0a000001'];
  const named = [...tunnel, '07000300', '74300000'].join('');
  t.match(decodeLink(Buffer.from(named, 'hex')), { index: 5, name: 't0', mac: '' });
});

await t.test('bytes that lie about their length are refused', async (t) => {
  const address = body('address 10.77.0.100');
  const link = body('link veth0');
  t.throws(() => decodeAddress(address.subarray(0, 7)), DecodeError, 'short header');
  t.throws(() => decodeLink(link.subarray(0, 15)), DecodeError, 'short header');
  t.throws(() => decodeAddress(address.subarray(0, 8)), DecodeError, 'no address');
  t.throws(() => decodeLink(link.subarray(0, 16)), DecodeError, 'no name');
  t.throws(() => decodeAddress(bad(['03000100'])), DecodeError, 'shorter than its header');
  t.throws(() => decodeAddress(bad(['0c000100', '0a4d0064'])), DecodeError, 'longer than the body');
  t.throws(() => decodeAddress(bad(['0800'])), DecodeError, 'half a header');
  t.throws(() => decodeAddress(bad(['07000100', '0a4d0064'])), DecodeError, 'three bytes of IPv4');
  t.throws(
    () => decodeAddress(bad(['06000b00', 'e1e10000'])),
    DecodeError,
    'two bytes of protocol',
  );
  t.throws(() => decodeAddress(bad(['08000600', '00000000'])), DecodeError, 'half a cacheinfo');
  const wide = body('address 10.77.0.100');
  wide[1] = 33;
  t.throws(() => decodeAddress(wide), DecodeError, 'a prefix of 33 bits');
});

await t.test('any cut or changed message is decoded or refused, never anything else', async () => {
  const nat = fc.nat(10_000);
  fc.assert(
    fc.property(nat, nat, fc.nat(255), (cut, at, value) => {
      return [decodeAddress, decodeLink].every((decode, i) => {
        const whole = body(i === 0 ? 'address fd00:77::100' : 'link veth0');
        whole[at % whole.length] = value;
        return harmless(decode, whole.subarray(0, cut % (whole.length + 1)));
      });
    }),
    { numRuns: 2000 },
  );
});
