// What a start finds of an earlier daemon: in the state file, and on the links.
import t, { type Test } from 'tap';
import { after } from '../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../src/election/promise.ts';
import { campaign, settlePast } from '../src/predecessor.ts';
import type { Vip } from '../src/network/types.ts';
import { StateFile } from '../src/runtime/state-file.ts';
import { Groups } from '../src/vip/groups.ts';
import { ours } from './fixtures/fake-kernel.ts';
import { Rig, VIP, VIP2, type RigOptions } from './fixtures/group-rig.ts';
import { settle } from './fixtures/virtual-clock.ts';

const OWNER = { node: 'n1', prefix: '/vip-elector' };
const BOOT = 'b0071d00-0000-4000-8000-000000000001';
const GROUPS = [
  { name: 'api', vips: [VIP], links: ['end0'] },
  { name: 'db', vips: [VIP2], links: ['end0'] },
];
const token = (group: string) => ({
  group,
  token: { key: `/vip-elector/elections/${group}/1`, createRevision: 7 },
});

interface Past {
  readonly tokens?: readonly string[];
  /** What is left of the promise, in milliseconds. */
  readonly leftMs?: number;
  readonly onLinks?: readonly string[];
  /** The kernel does not guard what is on the links any more. */
  readonly unguarded?: boolean;
  /** No state file. */
  readonly forgotten?: boolean;
  /** So long nothing was to be taken, in milliseconds. */
  readonly quietMs?: number;
}

/** A start after this past. */
async function setUp(t: Test, past: Past, options: RigOptions = {}) {
  const rig = new Rig({ groups: GROUPS, ...options });
  const { clock, kernel, monitor, events } = rig;
  const directory = t.testdir();
  if (past.forgotten !== true) {
    const before = new StateFile(directory, OWNER, clock, BOOT);
    before.memory.tokens = (past.tokens ?? []).map(token);
    before.memory.provedEnd = after(clock.now(), past.leftMs ?? 4000);
    before.memory.promisedEnd = after(before.memory.provedEnd, 2000);
    before.memory.quietUntil = after(clock.now(), past.quietMs ?? 0);
    before.save();
  }
  kernel.list = [...kernel.list, ...(past.onLinks ?? []).map(ours)];
  await rig.listen();
  const state = new StateFile(directory, OWNER, clock, BOOT);
  const groups = new Groups();
  for (const controller of rig.controllers) groups.add(controller);
  const emit = (event: (typeof events)[number]): void => void events.push(event);
  const settled: string[][] = [];
  const shut: string[] = [];
  const guard = {
    guarded: (vips: readonly Vip[]): Promise<readonly Vip[]> =>
      Promise.resolve(past.unguarded === true ? [] : vips),
    settle: async (stay: readonly Vip[]): Promise<void> => {
      settled.push(stay.map(({ address }) => address));
    },
    shut: async (vips: readonly Vip[]): Promise<void> => {
      shut.push(...vips.map(({ address }) => address));
    },
  };
  const parts = { clock, emit, network: kernel, monitor, state, groups, guard };
  const [api, db] = rig.controllers;
  return { rig, parts, state, directory, settled, shut, api: api!, db: db! };
}

await t.test(
  'what the state file claims stays by its deadline, the rest goes at once',
  async (t) => {
    const { rig, parts, state, settled, api, db } = await setUp(t, {
      tokens: ['api'],
      onLinks: ['10.0.0.100', '10.0.0.101', '10.0.0.102'],
    });
    const deadline = after(rig.clock.now(), 4000);
    await settlePast(parts);
    t.strictSame(
      rig.kernel.list.map(({ address }) => address),
      ['10.0.0.1', '10.0.0.100'],
    );
    t.equal(rig.count('leftover-withdrawn'), 2);
    t.strictSame(settled, [['10.0.0.100']], 'and so does its fence');
    t.equal(api.fence.deadline, deadline, 'guarded until it is proved again');
    t.equal(db.fence.deadline, undefined);
    t.strictSame(state.memory.tokens, [token('api')]);
    t.strictSame(
      [...rig.candidates],
      [
        ['api', true],
        ['db', true],
      ],
    );
  },
);

await t.test('a promise that has ended gives no right to stay', async (t) => {
  const { rig, parts, state } = await setUp(t, {
    tokens: ['api'],
    leftMs: 0,
    onLinks: ['10.0.0.100'],
  });
  await settlePast(parts);
  t.notOk(rig.kernel.has('10.0.0.100'));
  t.strictSame(state.memory.tokens, [token('api')], 'the token may be resumed all the same');
});

await t.test(
  'a group that is configured no more: its address goes, its token is forgotten',
  async (t) => {
    const { rig, parts, state, directory } = await setUp(t, {
      tokens: ['old'],
      onLinks: ['10.0.0.109'],
    });
    await settlePast(parts);
    t.notOk(rig.kernel.has('10.0.0.109'));
    t.strictSame(state.memory.tokens, []);
    const saved = new StateFile(directory, OWNER, rig.clock, BOOT);
    t.strictSame(saved.memory.tokens, [], 'in the file, too');
  },
);

await t.test(
  'without a word of the past, and marks, it waits until all must be gone',
  async (t) => {
    for (const [forgotten, marksAddresses, waits] of [
      [true, false, true],
      [true, true, false],
      [false, false, false],
    ] as const) {
      const { rig, parts, settled, shut } = await setUp(t, { forgotten }, { marksAddresses });
      const { clock } = rig;
      await settlePast(parts);
      t.strictSame(shut, waits ? ['10.0.0.100', '10.0.0.101'] : [], 'what was open is shut');
      // What a fence shuts may be on a link still.
      t.strictSame(settled, waits ? [] : [[]]);
      let ran = false;
      const elector = {
        run: (): Promise<void> => {
          ran = true;
          return Promise.resolve();
        },
      };
      const campaigning = campaign({ ...parts, elector }, new AbortController().signal);
      await settle();
      t.equal(ran, !waits, `state file ${forgotten ? 'lost' : 'found'}, marks ${marksAddresses}`);
      await clock.advance(LONGEST_TAKEOVER_AFTER_MS - 1);
      t.equal(ran, !waits);
      t.equal(settled.length, waits ? 0 : 1);
      await clock.advance(1);
      t.equal(ran, true);
      t.strictSame(settled, [[]], 'once, before it takes part');
      await campaigning;
    }
  },
);

await t.test('one that began to wait and died is followed by one that waits on', async (t) => {
  const { rig, parts, settled } = await setUp(t, { quietMs: 7000 }, { marksAddresses: false });
  await settlePast(parts);
  let ran = false;
  const elector = {
    run: async (): Promise<void> => {
      ran = true;
    },
  };
  const campaigning = campaign({ ...parts, elector }, new AbortController().signal);
  await rig.clock.advance(6999);
  t.equal(ran, false);
  t.strictSame(settled, []);
  await rig.clock.advance(1);
  await campaigning;
  t.equal(ran, true);
  t.strictSame(settled, [[]]);
});

await t.test('stopped while it waits, it takes no part', async (t) => {
  const { parts, rig } = await setUp(t, { forgotten: true }, { marksAddresses: false });
  await settlePast(parts);
  const stop = new AbortController();
  const elector = { run: () => Promise.reject(new Error('it takes part')) };
  const campaigning = campaign({ ...parts, elector }, stop.signal);
  stop.abort(new Error('the daemon stops'));
  await campaigning;
  t.equal(rig.clock.pending, 0);
});

await t.test('what the kernel guards no more goes at once, though it may be resumed', async (t) => {
  const { rig, parts, state, settled, api } = await setUp(t, {
    tokens: ['api'],
    onLinks: ['10.0.0.100'],
    unguarded: true,
  });
  await settlePast(parts);
  t.strictSame(
    rig.kernel.list.map(({ address }) => address),
    ['10.0.0.1'],
  );
  t.strictSame(settled, [[]]);
  t.strictSame(state.memory.tokens, [token('api')], 'its right may be proved again');
  t.not(api.fence.deadline, undefined);
});
