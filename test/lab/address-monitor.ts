import t from 'tap';
import { readMonitorLine } from '../../src/lab/address-monitor.ts';

/** Lines of `ip -tshort -o monitor address` (iproute2 6.1.0, TZ=UTC). */
const ADDED =
  '[2026-11-21T11:54:08.040033] 1: lo    inet 10.9.9.9/32 scope global deprecated dynamic lo\\       valid_lft 1sec preferred_lft 0sec';
const DELETED =
  '[2026-11-21T11:54:09.315252] Deleted 1: lo    inet 10.9.9.9/32 scope global deprecated dynamic lo\\       valid_lft 0sec preferred_lft 0sec';
const IPV6 =
  '[2026-11-21T11:54:08.038215] 1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever';

await t.test('an added and a deleted address are read, to the microsecond', async (t) => {
  const added = readMonitorLine(ADDED);
  t.match(added, { present: true, link: 'lo', address: '10.9.9.9' });
  t.ok(Math.abs((added?.wallMs ?? 0) - (Date.UTC(2026, 10, 21, 11, 54, 8) + 40.033)) < 0.001);
  t.match(readMonitorLine(DELETED), { present: false, link: 'lo', address: '10.9.9.9' });
});

await t.test('of either family', async (t) => {
  t.match(readMonitorLine(IPV6), { present: true, link: 'lo', address: '::1' });
});

await t.test('other lines are left alone', async (t) => {
  t.equal(readMonitorLine(''), undefined);
  t.equal(readMonitorLine('[yesterday] 1: lo    inet 10.9.9.9/32 scope'), undefined);
});
