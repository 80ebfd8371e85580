// The groups of a running daemon when its configuration changes, in simulated time.
import { EventEmitter, once } from 'node:events';
import t from 'tap';
import type { GroupConfig } from '../../src/config/types.ts';
import { Groups } from '../../src/vip/groups.ts';
import { LineUp } from '../../src/vip/line-up.ts';
import { RELEASE, Rig, VIP, VIP2, never } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

const API: GroupConfig = { name: 'api', vips: [VIP], links: ['end0'] };
const WEB: GroupConfig = { name: 'web', vips: [VIP2], links: ['end0'] };

/** A line-up whose group `api` leads; what it does is in the rig's log. */
async function leading() {
  const rig = new Rig({ groups: [] });
  await rig.listen();
  const groups = new Groups();
  const lineUp = new LineUp({
    controllers: rig.parts,
    groups,
    handover: { candidates: () => Promise.resolve([]) },
    election: {
      addGroup: ({ name }) => void rig.log.push(`add ${name}`),
      removeGroup: (name) => void rig.log.push(`remove ${name}`),
      facts: () => Promise.resolve(new Map()),
      factsChanged: () => undefined,
    },
    probes: () => [],
    onAdded: () => undefined,
    remembers: () => false,
  });
  const controller = lineUp.add(API);
  controller.start(undefined);
  lineUp.start();
  controller.onTaken(rig.proof(), false);
  await settle();
  rig.took();
  return { rig, groups, lineUp, controller };
}

/** Releases stay under way until the returned function is called. */
function answerLater(rig: Rig): () => void {
  const answer = new EventEmitter();
  const answered = once(answer, 'answered');
  rig.answerRelease = async () => {
    await answered;
  };
  return () => void answer.emit('answered');
}

await t.test('what is gone is off its link and released before anything else', async (t) => {
  const { rig, groups, lineUp } = await leading();
  const changed = await lineUp.apply([WEB], never());
  t.strictSame(rig.took(), [...RELEASE, 'release config-changed', 'remove api', 'add web']);
  t.strictSame(changed, ['api', 'web']);
  t.strictSame(
    groups.all().map(({ group }) => group.name),
    ['web'],
  );
  t.ok(rig.candidates.get('web'));
});

await t.test('another preference keeps what is held', async (t) => {
  const { rig, lineUp, controller } = await leading();
  t.strictSame(await lineUp.apply([{ ...API, weight: 90 }], never()), ['api']);
  t.strictSame(rig.took(), []);
  t.equal(controller.status.name, 'leading');
  t.match(lineUp.facts(), [{ name: 'api', weight: 90 }]);
});

await t.test('one change waits for the one before', async (t) => {
  const { rig, groups, lineUp, controller } = await leading();
  const answer = answerLater(rig);
  const gone = lineUp.apply([], never());
  const back = lineUp.apply([API], never());
  await settle();
  t.equal(groups.get('api'), controller, 'it is still being released');
  t.notOk(rig.took().includes('remove api'));
  answer();
  t.strictSame([await gone, await back], [['api'], ['api']]);
  t.strictSame(rig.took(), ['remove api', 'add api']);
  t.not(groups.get('api'), controller);
});

await t.test(
  'a daemon that stops meanwhile ends what is there itself, and adds nothing',
  async (t) => {
    const { rig, groups, lineUp, controller } = await leading();
    const answer = answerLater(rig);
    const applied = lineUp.apply([WEB], never());
    await settle();
    lineUp.stop();
    answer();
    t.strictSame(await applied, []);
    t.equal(groups.get('api'), controller, 'for the daemon to stop');
    t.notOk(rig.took().some((line) => /^(add|remove) /.test(line)));
    t.strictSame(await lineUp.apply([WEB], never()), []);
  },
);
