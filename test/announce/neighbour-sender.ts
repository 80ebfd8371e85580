// Neighbour advertisements on a real cable, decoded by tcpdump, and what they do to a neighbour cache.
import t from 'tap';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openNeighbourSender, requireRawSocket } from '../../src/announce/neighbour-sender.ts';
import { solicitation, unsolicitedAdvertisement } from '../../src/announce/ndp.ts';
import { OperatorError } from '../../src/errors.ts';
import { cable, indexOf, inNamespace, ip } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const MAC = '02:77:00:00:00:01';
const VIP = 'fd00:77::100';

function missing(): never {
  throw new Error("Cannot find module 'raw-socket'\nRequire stack: …");
}

await t.test('without raw-socket: the reason and the remedy', async (t) => {
  t.throws(() => requireRawSocket(missing), {
    name: 'OperatorError',
    message: /IPv6 VIP needs .*raw-socket.*Cannot find module.*npm rebuild raw-socket.*IPv4/,
  });
  t.throws(() => openNeighbourSender(missing), OperatorError);
});

await inNamespace(t, import.meta.url, async () => {
  await t.test(
    'tcpdump decodes it, another host corrects its cache, each link by itself',
    async (t) => {
      const ends = [cable('near', 'far'), cable('other', 'else')];
      ip('link', 'set', 'near', 'address', MAC);
      ip('-n', 'far', 'address', 'add', 'fd00:77::2/64', 'dev', 'far', 'nodad');
      const stale = ['lladdr', '02:00:00:00:00:99', 'dev', 'far', 'nud', 'stale'];
      ip('-n', 'far', 'neigh', 'add', VIP, ...stale);
      const heard = { far: listen(t, 'far'), else: listen(t, 'else') };
      for (const ready of Object.values(heard)) await ready.listening;
      const sender = openNeighbourSender();
      const advertisement = unsolicitedAdvertisement(MAC, VIP);
      // Links that have just come up: their own addresses are tentative for a second or two.
      await until('a source', () => sent(() => sender.send(indexOf('near'), advertisement)));
      const shown = await until('tcpdump', () => heard.far.packets()[0]);
      t.match(
        shown,
        /hlim 255, next-header ICMPv6 \(58\) payload length: 32\) fe80::\S+ > ff02::1: /,
      );
      t.match(shown, /\[icmp6 sum ok\] ICMP6, neighbor advertisement, length 32/);
      t.match(shown, `tgt is ${VIP}, Flags [override]`, 'not solicited, no router');
      t.match(shown, `destination link-address option (2), length 8 (1): ${MAC}`);
      t.match(ip('-n', 'far', 'neigh', 'show', VIP), `lladdr ${MAC} `);
      t.strictSame(heard.else.packets(), [], 'nothing on another link');
      await until('a source', () => sent(() => sender.send(indexOf('other'), advertisement)));
      await until('tcpdump', () => heard.else.packets()[0]);
      t.equal(heard.far.packets().length, 1, 'bound to the link that was named');
      t.throws(() => sender.send(9999, advertisement), Error, 'a link that is not there');
      sender.send(indexOf('near'), advertisement);
      await until('tcpdump', () => heard.far.packets()[1]);
      // A question: to those who may have the address, from an address of the link's own.
      sender.send(indexOf('near'), solicitation(MAC, VIP));
      const question = await until('tcpdump', () => heard.far.packets()[2]);
      t.match(question, /hlim 255, next-header .* fe80::\S+ > ff02::1:ff00:100: \[icmp6 sum ok\]/);
      t.match(question, `ICMP6, neighbor solicitation, length 32, who has ${VIP}`);
      t.match(question, `source link-address option (1), length 8 (1): ${MAC}`);
      sender.close();
      sender.close();
      t.throws(() => sender.send(indexOf('near'), advertisement), { code: 'EBADF' });
      for (const { stop } of Object.values(heard)) await stop();
      for (const unplug of ends) unplug();
    },
  );
});

/** True when it was sent; undefined when the link has no source yet. */
function sent(send: () => void): true | undefined {
  try {
    send();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined;
    throw error;
  }
}

/** What tcpdump says of the advertisements and questions for the VIP that arrive in a namespace, a text each. */
function listen(t: { teardown(handler: () => unknown): void }, name: string) {
  const filter = 'icmp6 and (ip6[40] == 135 or ip6[40] == 136)';
  const args = [
    'netns',
    'exec',
    name,
    'tcpdump',
    '-i',
    name,
    '-n',
    '-vv',
    '-l',
    '-Q',
    'in',
    filter,
  ];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill());
  const ended = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const listening = once(child.stderr, 'data');
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  return {
    listening,
    packets: () => text.split(/^(?=\d\d:)/m).filter((each) => each.includes(VIP)),
    stop,
  };
}
