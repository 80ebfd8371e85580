import t from 'tap';
import { judgeGroup } from '../../src/check/group.ts';
import type { GroupConfig } from '../../src/config/types.ts';
import type { Link, LinkAddress } from '../../src/network/types.ts';
import { foreign, link, ours } from '../fixtures/fake-kernel.ts';

const lo = link(1, 'lo', { loopback: true });
const OWN = foreign(2, '10.0.0.1', 24);

function judge(
  links: GroupConfig['links'],
  end0: Partial<Link> = {},
  addresses: readonly LinkAddress[] = [OWN],
) {
  const vips = [{ family: 4, address: '10.0.0.100', prefixLength: 32 }] as const;
  return judgeGroup(
    { name: 'api', vips, links },
    { links: [lo, link(2, 'end0', end0)], addresses },
  );
}

await t.test('a link that fits is told, with where the VIP is', async (t) => {
  t.same(judge(['eth0', 'end0']), [
    {
      name: 'group api',
      verdict: 'ok',
      detail: 'link end0 has carrier and 10.0.0.1/24; 10.0.0.100 is not on this host',
    },
  ]);
  t.match(judge('auto', {}, [OWN, ours('10.0.0.100')]), [
    { verdict: 'ok', detail: /10\.0\.0\.100 is on link end0, put there by us$/ },
  ]);
});

await t.test('eth0 where the link is called end0: what exists is named', async (t) => {
  t.match(judge(['eth0']), [
    {
      name: 'group api',
      verdict: 'fail',
      detail: 'no link is called eth0; there are end0 (10.0.0.1/24)',
      remedy: /--link end0,eth0/,
    },
  ]);
  t.match(judge('auto', {}, [foreign(2, '192.168.0.1', 24)]), [
    { verdict: 'fail', detail: /^no link's subnet contains 10\.0\.0\.100; /, remedy: /--link/ },
  ]);
});

await t.test('a link that cannot be used fails with what to do about it', async (t) => {
  t.match(judge(['end0'], { carrier: false }), [
    { verdict: 'fail', detail: 'link end0 has no carrier', remedy: /cable/ },
  ]);
  t.match(judge(['end0'], { up: false, carrier: false }), [
    { verdict: 'fail', detail: 'link end0 is down', remedy: /^ip link set end0 up/ },
  ]);
  t.match(judge(['end0'], {}, []), [
    { verdict: 'fail', detail: /no IPv4 address of its own/, remedy: /address of its own/ },
  ]);
});

await t.test('a VIP that somebody else has put there fails', async (t) => {
  t.match(judge(['end0'], {}, [OWN, foreign(2, '10.0.0.100', 24)]), [
    {
      verdict: 'fail',
      detail: '10.0.0.100/24 is on link end0 and we did not put it there',
      remedy: /keepalived/,
    },
  ]);
});

await t.test('a VIP outside of the subnets of its link is a warning', async (t) => {
  t.match(judge(['end0'], {}, [foreign(2, '10.0.1.1', 24)]), [
    { verdict: 'ok' },
    { verdict: 'warn', detail: /^10\.0\.0\.100 is in no subnet of link end0 \(10\.0\.1\.1\/24\)/ },
  ]);
});
