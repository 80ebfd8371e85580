import t from 'tap';
import { isGoIp, parseAddrError } from '../../../src/talos/validate/go-words.ts';

// Printed by netip.ParseAddr of Go 1.26.
const SAID: [string, string | undefined][] = [
  ['10.0.0.9', undefined],
  ['fd00::9', undefined],
  ['net4', 'ParseAddr("net4"): unable to parse IP'],
  ['10.0.0', 'ParseAddr("10.0.0"): IPv4 address too short'],
  ['10.0.0.1.2', 'ParseAddr("10.0.0.1.2"): IPv4 address too long'],
  ['10.0.0.300', 'ParseAddr("10.0.0.300"): IPv4 field has value >255'],
  ['10.0.0.01', 'ParseAddr("10.0.0.01"): IPv4 field has octet with leading zero'],
  ['10..0.1', 'ParseAddr("10..0.1"): IPv4 field must have at least one digit (at ".0.1")'],
  ['10.0.0.9/24', 'ParseAddr("10.0.0.9/24"): unexpected character (at "/24")'],
  ['host.name', 'ParseAddr("host.name"): unexpected character (at "host.name")'],
  ['10.0.0.', 'ParseAddr("10.0.0."): IPv4 field must have at least one digit (at ".")'],
];

await t.test("Go's words for an address that is none", (t) => {
  for (const [text, said] of SAID) t.equal(parseAddrError(text), said, text);
  t.end();
});

await t.test('what net.ParseIP takes', (t) => {
  for (const text of ['10.0.0.9', 'fd00::9', '::ffff:1.2.3.4']) t.ok(isGoIp(text), text);
  for (const text of ['', '10.0.0.09', 'fd00::9%eth0', '10.0.0.9/24', 'a'])
    t.notOk(isGoIp(text), text);
  t.end();
});
