import t from 'tap';
import type { Link, LinkAddress } from '../../src/network/types.ts';
import { lookForLink } from '../../src/vip/link-fault.ts';
import type { VipGroup } from '../../src/vip/types.ts';
import { foreign, link } from '../fixtures/fake-kernel.ts';
import { VIP } from '../fixtures/group-rig.ts';

const end0 = link(2, 'end0');
const end1 = link(3, 'end1');
const own = [foreign(2, '10.0.0.1', 24), foreign(3, '10.0.0.2', 24)];
const group = (links: VipGroup['links']): VipGroup => ({ name: 'api', vips: [VIP], links });
const host = (links: readonly Link[], addresses: readonly LinkAddress[] = own) => ({
  links,
  addresses,
});

await t.test('a group that is on no link goes on the first that fits', async (t) => {
  t.strictSame(lookForLink(host([end0, end1]), group(['end1', 'end0']), undefined), {
    link: end1,
    fault: undefined,
  });
});

await t.test('a group stays on its link while that will do', async (t) => {
  // `end1` has come and is wanted more: moving would interrupt what works.
  t.strictSame(lookForLink(host([end0, end1]), group(['end1', 'end0']), end0), {
    link: end0,
    fault: undefined,
  });
});

await t.test('a link that was renamed is still the same link', async (t) => {
  const renamed = { ...end0, name: 'lan0' };
  t.strictSame(lookForLink(host([renamed]), group(['end0']), end0), {
    link: renamed,
    fault: undefined,
  });
});

await t.test('a link that is gone is a fault, though another would do', async (t) => {
  t.strictSame(lookForLink(host([end1]), group(['end0', 'end1']), end0), {
    link: undefined,
    fault: { reason: 'link-missing', detail: 'link end0 is gone' },
  });
  const again = link(9, 'end0');
  t.match(lookForLink(host([again]), group(['end0']), end0), {
    fault: { reason: 'link-missing' },
  });
});

await t.test('each thing that is wrong with a link has its reason', async (t) => {
  t.match(lookForLink(host([end1]), group(['end0']), undefined), {
    link: undefined,
    fault: { reason: 'link-missing', detail: /no link is called end0; there are end1/ },
  });
  const dark = { ...end0, carrier: false };
  t.strictSame(lookForLink(host([dark]), group(['end0']), undefined), {
    link: dark,
    fault: { reason: 'link-down', detail: 'link end0 has no carrier' },
  });
  t.strictSame(lookForLink(host([end0], []), group(['end0']), end0), {
    link: end0,
    fault: { reason: 'link-missing', detail: 'link end0 has no IPv4 address of its own' },
  });
  t.match(lookForLink(host([end0], [...own, foreign(2, VIP.address, 24)]), group('auto'), end0), {
    fault: { reason: 'foreign-address', detail: /we did not put it there/ },
  });
});
