import t from 'tap';
import { EtcdBoard } from '../src/observe/etcd-board.ts';
import { report } from '../src/report.ts';
import { Groups } from '../src/vip/groups.ts';
import { SOME_FENCE, someConfig } from './fixtures/config.ts';
import { VIP, VIP2, startedRig } from './fixtures/group-rig.ts';
import { settle } from './fixtures/virtual-clock.ts';

const URL0 = 'http://127.0.0.1:2379';

async function setUp() {
  const rig = await startedRig({
    groups: [
      { name: 'api', vips: [VIP], links: ['end0'] },
      { name: 'db', vips: [VIP2], links: ['missing0'] },
    ],
  });
  const { clock } = rig;
  const groups = new Groups();
  for (const controller of rig.controllers) groups.add(controller);
  const etcd = new EtcdBoard([URL0]);
  const startedAt = clock.now();
  const elector = { lastTurnAt: startedAt };
  const config = someConfig();
  const tempo = { timing: config.timing, fence: SOME_FENCE };
  const about = { config, version: '1.2.3', startedAt, tempo };
  const answers = report({ clock, groups, elector, etcd, ...about });
  return { rig, clock, etcd, elector, answers };
}

await t.test('a status from before the first word of etcd has every field', async (t) => {
  const { rig, clock, answers } = await setUp();
  await clock.advance(1234.4);
  const since = new Date(clock.wallMs() - 1234.4).toISOString();
  t.strictSame(answers.status(), {
    node: 'n1',
    version: '1.2.3',
    uptimeMs: 1234,
    etcd: {
      endpoints: [{ endpoint: URL0, reachable: false, err: 'not tried yet' }],
      connected: false,
      holdForMs: null,
      slackMs: null,
    },
    fence: SOME_FENCE,
    groups: [
      {
        name: 'api',
        state: 'following',
        reason: 'elected',
        since,
        leader: null,
        revision: null,
        vips: [{ address: '10.0.0.100', link: 'end0', held: false }],
        candidates: [],
      },
      {
        name: 'db',
        state: 'faulted',
        reason: 'link-missing',
        detail: 'no link is called missing0; there are end0 (10.0.0.1/24)',
        since,
        leader: null,
        revision: null,
        vips: [{ address: '10.0.0.101', link: null, held: false }],
        candidates: [],
      },
    ],
  });
  t.equal(rig.state, 'following');
});

await t.test('a holder’s status tells the right, the queue, and what is on the link', async (t) => {
  const { rig, clock, etcd, answers } = await setUp();
  etcd.record({ type: 'etcd-connected', connected: true });
  etcd.record({ type: 'beat', durationMs: 3, holdForMs: 4000 });
  const queue = [
    { node: 'n1', leaseId: 'a1', revision: 7, foreign: false, mine: true, alive: true },
    { node: 'n2', leaseId: 'b2', revision: 9, foreign: true, mine: false, alive: false },
  ];
  rig.controller.onQueue({ queue, holder: 'n1' });
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  await clock.advance(1000.6);
  const { etcd: connection, groups } = answers.status();
  t.match(connection, { connected: true, holdForMs: 4000, slackMs: 2999 });
  t.match(groups[0], {
    state: 'leading',
    leader: 'n1',
    revision: 7,
    vips: [{ link: 'end0', held: true }],
    candidates: queue,
  });
  t.equal(groups[0]?.since, new Date(clock.wallMs() - 1000.6).toISOString());
});

await t.test('the slack is that of the group with the least, undefined without any', async (t) => {
  const { rig, clock, answers } = await setUp();
  t.equal(answers.slackMs(), undefined);
  const [api, db] = rig.controllers;
  api?.onTaken(rig.proof(4000), false);
  t.equal(answers.slackMs(), 4000);
  db?.onTaken(rig.proof(2500), false);
  t.equal(answers.slackMs(), 2500);
  clock.jump(3000);
  t.equal(answers.slackMs(), 0, 'never less than nothing');
});

await t.test('it is healthy while the control loop turns within the hold time', async (t) => {
  const { clock, elector, answers } = await setUp();
  clock.jump(4000);
  t.strictSame(answers.health(), { ok: true, detail: 'the control loop turned 4000 ms ago' });
  clock.jump(1);
  t.strictSame(answers.health(), { ok: false, detail: 'the control loop turned 4001 ms ago' });
  elector.lastTurnAt = clock.now();
  t.equal(answers.health().ok, true);
});
