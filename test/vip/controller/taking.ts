// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: what it does to come to lead.
import t from 'tap';
import { elapsedMs } from '../../../src/clock.ts';
import { ours } from '../../fixtures/fake-kernel.ts';
import { Rig, OWN_QUEUE, startedRig } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('it stands for election when its link will do', async (t) => {
  const rig = await startedRig();
  t.equal(rig.candidates.get('api'), true);
  t.equal(rig.state, 'following');
});

await t.test('a taking assigns, and announces once the kernel acknowledged', async (t) => {
  const rig = await startedRig();
  rig.kernel.answerMs.assign = 5;
  rig.controller.onQueue(OWN_QUEUE);
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2']);
  t.equal(rig.state, 'assigning');
  t.strictSame(rig.journal.addresses, [{ link: 'end0', address: '10.0.0.100', prefixLength: 32 }]);
  await rig.clock.advance(5);
  t.strictSame(rig.took(), ['announce 10.0.0.100']);
  t.strictSame(rig.transitions(), [
    'following → campaigning: elected',
    'campaigning → assigning: elected',
    'assigning → leading: elected',
  ]);
  t.match(rig.events, [
    { type: 'transition' },
    { type: 'transition' },
    { type: 'vip-held', group: 'api', vip: '10.0.0.100', link: 'end0', held: true },
    { type: 'transition' },
    { type: 'takeover', group: 'api', durationMs: 5 },
  ]);
});

await t.test('a taking whose answer came after its own deadline holds nothing', async (t) => {
  const rig = await startedRig();
  const proof = rig.proof();
  await rig.clock.advance(elapsedMs(rig.clock.now(), proof.deadline) + 110);
  rig.took();
  rig.controller.onTaken(proof, false);
  t.equal(rig.state, 'withdrawing', 'in the same turn');
  await settle();
  t.notMatch(rig.took().join(), 'assign');
  t.equal(rig.state, 'following');
  t.equal(rig.controller.fence.isOpen(rig.clock.now()), false);
});

await t.test('the journal lists an address before the kernel has it', async (t) => {
  const rig = await startedRig();
  rig.kernel.trouble.set('assign', 'stuck');
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.equal(rig.kernel.has('10.0.0.100'), false);
  t.strictSame(rig.journal.addresses, [{ link: 'end0', address: '10.0.0.100', prefixLength: 32 }]);
});

await t.test('what an earlier life left is resumed: armed again and announced', async (t) => {
  const rig = new Rig({});
  rig.kernel.list = [...rig.kernel.list, ours('10.0.0.100')];
  await rig.listen();
  rig.controller.start(rig.proof());
  await rig.clock.advance(300);
  rig.controller.onTaken(rig.proof(), true);
  await settle();
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'announce 10.0.0.100']);
  t.strictSame(rig.transitions(), [
    'following → assigning: lease-resumed',
    'assigning → leading: lease-resumed',
  ]);
});
