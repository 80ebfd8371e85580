import t from 'tap';
import {
  destinationOf,
  parseAdvertisement,
  parseDuplicateDetection,
  solicitation,
  unsolicitedAdvertisement,
} from '../../src/announce/ndp.ts';

const MAC = '02:77:00:00:00:01';

/**
 * Captured: what Linux 6.18 itself answers to a solicitation of fd00:77::100 on a veth (`tcpdump -x`), from
 * the ICMPv6 type on, its checksum (18c2) set to 0.
 */
const SOLICITED = ['8800000060000000', 'fd000077000000000000000000000100', '0201027700000001'].join(
  '',
);

const detected = (hex: string): unknown => parseDuplicateDetection(Buffer.from(hex, 'hex'));
const read = (hex: string): unknown => parseAdvertisement(Buffer.from(hex, 'hex'));

await t.test(
  'RFC 4861 §4.4 and §7.2.6: override, not solicited, target link-layer address',
  (t) => {
    const message = Buffer.from(unsolicitedAdvertisement(MAC, 'fd00:77::100')).toString('hex');
    // As the kernel's, but for the solicited flag.
    t.equal(message, SOLICITED.replace('8800000060', '8800000020'));
    t.throws(() => unsolicitedAdvertisement('02:77', 'fd00::1'), RangeError);
    t.throws(() => unsolicitedAdvertisement(MAC, '10.0.0.1'), RangeError);
    t.end();
  },
);

await t.test('what others say is read, and what is not whole is passed over (§7.1.2)', (t) => {
  const said = { target: 'fd00:77::100', router: false, solicited: true, override: true, mac: MAC };
  t.strictSame(read(SOLICITED), said);
  t.strictSame(read(SOLICITED.slice(0, 48)), { ...said, mac: undefined }, 'without an option');
  t.strictSame(read(`${SOLICITED.slice(0, 48)}0101aaaaaaaaaaaa${SOLICITED.slice(48)}`), said);
  const refused = {
    'too short': SOLICITED.slice(0, 46),
    'an option cut off': SOLICITED.slice(0, -2),
    'an option of length 0': `${SOLICITED.slice(0, 48)}0200027700000001`,
    'another type': SOLICITED.replace('8800', '8700'),
    'another code': SOLICITED.replace('8800', '8801'),
    'a multicast target': SOLICITED.replace('fd000077', 'ff020077'),
  };
  for (const [what, hex] of Object.entries(refused)) t.equal(read(hex), undefined, what);
  t.end();
});

/** RFC 4861 §4.3, written out: type 135, target, source link-layer address. */
const QUESTION = ['8700000000000000', 'fd000077000000000000000000123456', '0101027700000001'].join(
  '',
);

await t.test('a question goes to the few who may have its target (RFC 4291 §2.7.1)', (t) => {
  const message = solicitation(MAC, 'fd00:77::12:3456');
  t.equal(Buffer.from(message).toString('hex'), QUESTION);
  t.equal(destinationOf(message), 'ff02::1:ff12:3456');
  t.equal(destinationOf(unsolicitedAdvertisement(MAC, 'fd00:77::100')), 'ff02::1');
  t.throws(() => solicitation(MAC, '10.0.0.1'), RangeError);
  t.end();
});

await t.test('duplicate detection is a question without a source (RFC 4861 §7.1.1)', (t) => {
  const bare = QUESTION.slice(0, 48);
  t.equal(detected(bare), 'fd00:77::12:3456');
  // RFC 7527: Linux sends a nonce along.
  t.equal(detected(`${bare}0e01aabbccddeeff`), 'fd00:77::12:3456');
  const refused = {
    'it says where it is': QUESTION,
    'too short': bare.slice(0, 46),
    'an option of length 0': `${bare}0e00aabbccddeeff`,
    'another type': bare.replace('8700', '8800'),
    'another code': bare.replace('8700', '8701'),
    'a multicast target': bare.replace('fd000077', 'ff020077'),
  };
  for (const [what, hex] of Object.entries(refused)) t.equal(detected(hex), undefined, what);
  t.end();
});
