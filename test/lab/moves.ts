import t from 'tap';
import { movesSeen } from '../../src/lab/moves.ts';

const track = (vip: string, macs: readonly string[]) => ({
  vip,
  sentAt: macs.map((_, index) => index),
  answers: macs.map((mac, probe) => ({ probe, at: probe, mac })),
});

await t.test('each change of the station that answers counts, per VIP', async (t) => {
  t.equal(movesSeen({ probes: [] }), 0);
  t.equal(movesSeen({ probes: [track('v', [])] }), 0);
  t.equal(movesSeen({ probes: [track('v', ['a', 'a', 'b', 'b', 'a'])] }), 2);
  t.equal(movesSeen({ probes: [track('v', ['a', 'b']), track('w', ['a', 'b', 'a', 'c'])] }), 3);
});
