import t from 'tap';
import { makePicture, type ClusterReading } from '../../../src/observe/page/picture.ts';
import type { GroupStatus, StatusReport } from '../../../src/observe/status.ts';
import { REPORT } from '../../fixtures/http-server.ts';

const SINCE = '2026-11-30T06:00:00.000Z';
const GROUP: GroupStatus = {
  name: 'api',
  state: 'following',
  reason: 'elected',
  since: SINCE,
  leader: 'n2',
  revision: 5,
  vips: [{ address: '10.0.0.100', link: 'end0', held: false }],
  candidates: [
    { node: 'n2', leaseId: 'a', revision: 5, foreign: false, mine: false, alive: true },
    { node: 'n1', leaseId: 'b', revision: 6, foreign: false, mine: true, alive: true },
  ],
};
const STATUS: StatusReport = { ...REPORT, groups: [GROUP] };

const RECORD = {
  state: 'held',
  token: { key: 'k', createRevision: 5 },
  node: 'n2',
  identity: 'i',
  bootId: 'b',
  seq: 1,
  ceilingMs: 3000,
  fenceLatencyMs: 20,
  sinceMs: 1000,
  changedMs: 2000,
  reason: 'elected',
  by: 'n2',
} as const;

function reading(over: Partial<ClusterReading> = {}): ClusterReading {
  const candidate = { leaseId: 'a', revision: 5, foreign: false, beat: undefined, claims: true };
  return {
    survey: {
      header: { clusterId: '1', revision: 9 },
      groups: [{ name: 'api', vips: [], record: RECORD, queue: [{ node: 'n2', ...candidate }] }],
      nodes: ['n1', 'n2', 'n3'].map((node) => ({ node, beat: undefined, facts: undefined })),
    },
    history: new Map([
      ['api', [{ atMs: 1000, node: 'n2', state: 'held', reason: 'elected', by: 'n2' }]],
    ]),
    told: new Map([
      ['n2', [{ name: 'api', state: 'leading', reason: 'elected', sinceMs: 1001 }]],
      ['n3', [{ name: 'api', state: 'faulted', reason: 'link-down', detail: 'no carrier' }]],
    ]),
    ...over,
  };
}

await t.test('this node by itself, the others by what they told', async (t) => {
  const [group] = makePicture({ status: STATUS, own: [], reading: reading(), blind: null }).groups;
  t.match(group?.record, { node: 'n2', state: 'held', sinceMs: 1000, reason: 'elected' });
  t.strictSame(group?.nodes, [
    {
      node: 'n2',
      mine: false,
      foreign: false,
      state: 'leading',
      reason: 'elected',
      sinceMs: 1001,
      place: 1,
      holds: true,
    },
    {
      node: 'n1',
      mine: true,
      foreign: false,
      state: 'following',
      reason: 'elected',
      sinceMs: Date.parse(SINCE),
      place: 2,
      holds: false,
    },
    {
      node: 'n3',
      mine: false,
      foreign: false,
      state: 'faulted',
      reason: 'link-down',
      detail: 'no carrier',
      sinceMs: null,
      place: null,
      holds: false,
    },
  ]);
});

await t.test('a holder whose lease has ended is away, a stranger is foreign', async (t) => {
  const { survey } = reading();
  const queue = [
    { node: 'kube', leaseId: 'f', revision: 1, foreign: true, beat: undefined, claims: false },
  ];
  const gone = {
    header: survey.header,
    groups: [{ name: 'api', vips: [], record: RECORD, queue }],
    nodes: [],
  };
  const found = reading({ survey: gone, told: new Map() });
  const [group] = makePicture({ status: STATUS, own: [], reading: found, blind: null }).groups;
  t.match(
    group?.nodes.map(({ node, state, holds }) => [node, state, holds]),
    [
      ['kube', 'foreign', false],
      ['n1', 'following', false],
      ['n2', 'away', true],
    ],
  );
});

await t.test('without a look at etcd: what this node knows, and why not more', async (t) => {
  const picture = makePicture({
    status: STATUS,
    own: [],
    reading: undefined,
    blind: 'etcd is silent',
  });
  t.equal(picture.blind, 'etcd is silent');
  t.equal(picture.groups[0]?.record, null);
  t.match(picture.groups[0]?.nodes, [{ node: 'n2', state: 'unknown' }, { node: 'n1' }]);
});

await t.test('the timeline: both kinds, newest first, not without end', async (t) => {
  const own = Array.from({ length: 50 }, (_, n) => ({
    atMs: 2000 + n,
    group: 'api',
    from: 'leading' as const,
    to: 'withdrawing' as const,
    reason: 'link-down' as const,
  }));
  const { timeline } = makePicture({ status: STATUS, own, reading: reading(), blind: null });
  t.equal(timeline.length, 51);
  t.match(timeline[0], { atMs: 2049, node: 'n1', own: true, what: 'leading → withdrawing' });
  t.match(timeline.at(-1), { atMs: 1000, node: 'n2', own: false, what: 'held' });
  const entry = { atMs: 1, node: 'n2', state: 'held', reason: 'elected', by: 'n2' };
  const history = new Map([['api', Array.from({ length: 50 }, () => entry)]]);
  const full = makePicture({ status: STATUS, own, reading: reading({ history }), blind: null });
  t.equal(full.timeline.length, 60);
});

await t.test('long names from etcd are cut', async (t) => {
  const told = new Map([['n'.repeat(100_000), [{ name: 'api', reason: 'r'.repeat(100_000) }]]]);
  const picture = makePicture({ status: STATUS, own: [], reading: reading({ told }), blind: null });
  t.ok(JSON.stringify(picture).length < 5000);
});
