// Against this machine's kernel: our rules as the nft program reads them back from it.
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { attachLink } from '../../../src/fencing/nftables/egress.ts';
import { makeRuleset, removeRuleset } from '../../../src/fencing/nftables/ruleset.ts';
import { Nfnetlink } from '../../../src/network/nfnetlink.ts';
import { inNamespace } from '../../fixtures/namespace.ts';

/** Of nft 1.0.6 for the same rules written by hand, but for the two that its language has not. */
const EXPECTED = `
arp vip-elector output
  [ payload load 4b @ network header + 14 => reg 1 ]
  [ lookup reg 1 set managed4 0x0 ]
  [ lookup reg 1 set held4 0x1 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
inet vip-elector output
  [ meta load nfproto => reg 1 ]
  [ cmp eq reg 1 0x00000002 ]
  [ payload load 4b @ network header + 12 => reg 1 ]
  [ lookup reg 1 set managed4 0x0 ]
  [ lookup reg 1 set held4 0x1 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
inet vip-elector output
  [ meta load nfproto => reg 1 ]
  [ cmp eq reg 1 0x0000000a ]
  [ meta load l4proto => reg 1 ]
  [ cmp eq reg 1 0x0000003a ]
  [ payload load 1b @ transport header + 0 => reg 1 ]
  [ cmp eq reg 1 0x00000088 ]
  [ payload load 16b @ transport header + 8 => reg 1 ]
  [ lookup reg 1 set managed6 0x0 ]
  [ lookup reg 1 set held6 0x1 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
inet vip-elector output
  [ meta load nfproto => reg 1 ]
  [ cmp eq reg 1 0x0000000a ]
  [ payload load 16b @ network header + 8 => reg 1 ]
  [ lookup reg 1 set managed6 0x0 ]
  [ lookup reg 1 set held6 0x1 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
inet vip-elector prerouting
  [ meta load nfproto => reg 1 ]
  [ cmp eq reg 1 0x00000002 ]
  [ payload load 4b @ network header + 16 => reg 1 ]
  [ lookup reg 1 set managed4 0x0 ]
  [ lookup reg 1 set held4 0x1 ]
  [ fib daddr type => reg 1 ]
  [ cmp eq reg 1 0x00000002 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
inet vip-elector prerouting
  [ meta load nfproto => reg 1 ]
  [ cmp eq reg 1 0x0000000a ]
  [ payload load 16b @ network header + 24 => reg 1 ]
  [ lookup reg 1 set managed6 0x0 ]
  [ lookup reg 1 set held6 0x1 ]
  [ fib daddr type => reg 1 ]
  [ cmp eq reg 1 0x00000002 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]
netdev vip-elector egress1
  [ meta load protocol => reg 1 ]
  [ cmp eq reg 1 0x00000608 ]
  [ payload load 4b @ network header + 14 => reg 1 ]
  [ lookup reg 1 set managed4 0x0 ]
  [ lookup reg 1 set held4 0x1 ]
  [ counter pkts 0 bytes 0 ]
  [ immediate reg 0 drop ]`;

/** `lo` of a namespace. */
const LOOPBACK = { index: 1, name: 'lo' };

await inNamespace(t, import.meta.url, async () => {
  await t.test('the kernel has the rules that we mean, and takes them a second time', (t) => {
    const socket = new Nfnetlink();
    for (let count = 0; count < 2; count += 1) {
      socket.commit('make', [...makeRuleset(true), ...attachLink(LOOPBACK)]);
      const args = ['--debug=netlink', 'list', 'ruleset'];
      const shown = execFileSync('nft', args, { encoding: 'utf8' });
      // Rule by rule: a line without brackets, and lines in brackets under it.
      const rules = [...shown.matchAll(/^\w+ vip-elector \w+(?: \d+)*\s*\n(?: +\[.*\n)+/gm)]
        .map(([text]) => text.replace(/^(\w+ \S+ \w+).*/, '$1').trimEnd())
        .toSorted();
      t.equal(`\n${rules.join('\n')}`, EXPECTED);
      t.match(shown, /chain prerouting \{\s+type filter hook prerouting priority raw - 10;/);
      t.match(shown, /set held6 \{\s+type ipv6_addr\s+flags timeout\s+\}/);
      t.match(shown, /set managed6 \{\s+type ipv6_addr\s+\}/);
    }
    socket.commit('remove', removeRuleset(true));
    t.equal(execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }), '');
    socket.close();
    t.end();
  });
});
