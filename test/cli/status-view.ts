import t from 'tap';
import { SOME_FENCE } from '../fixtures/config.ts';
import {
  statusText,
  type CandidateSummary,
  type ClusterView,
  type GroupSummary,
} from '../../src/cli/status-view.ts';

const ESCAPE = '\u001b';
const NOW = Date.UTC(2026, 10, 21, 12, 7, 12);
const SINCE = Date.UTC(2026, 10, 21, 8, 55, 12);

function candidate(node: string, revision: number, role: 'holder' | 'follower'): CandidateSummary {
  return {
    node,
    leaseId: `ab${revision}`,
    revision,
    foreign: false,
    lastBeat: { seq: 42, holdForMs: role === 'holder' ? 4000 : 8000, role },
  };
}

const QUEUE = [candidate('n1', 101, 'holder'), candidate('n2', 102, 'follower')];
const HELD: GroupSummary = {
  name: 'web',
  vips: ['10.0.0.5', 'fd00::5'],
  holder: { node: 'n1', state: 'held', sinceMs: SINCE, reason: 'elected', by: 'n1' },
  leader: { node: 'n1', leaseId: 'ab101', revision: 101, foreign: false },
  candidates: QUEUE,
};

function show(group: GroupSummary | undefined, over: Partial<ClusterView> = {}): string {
  const view: ClusterView = {
    groups: group === undefined ? [] : [group],
    nodes: [{ node: 'n1', version: '0.1.0' }, { node: 'n2' }],
    etcd: { endpoints: ['http://a:2379', 'http://b:2379'], clusterId: '1234', revision: 77 },
    ...over,
  };
  return statusText(view, { nowMs: NOW, colours: false });
}

await t.test('all is well: who holds it, since when, why, and who is next', async (t) => {
  const text = show(
    {
      ...HELD,
      local: {
        state: 'leading',
        reason: 'elected',
        slackMs: 3410,
        vips: [
          { address: '10.0.0.5', held: true },
          { address: 'fd00::5', held: false },
        ],
      },
    },
    {
      local: {
        node: 'n1',
        version: '0.1.0',
        uptimeMs: 7_200_000,
        etcd: { endpoints: [], connected: true, holdForMs: 4000, slackMs: 3410 },
        fence: SOME_FENCE,
        groups: [],
      },
    },
  );
  t.equal(
    text,
    [
      'GROUP  VIP                HELD BY  SINCE           WHY',
      'web    10.0.0.5, fd00::5  n1       3 h 12 min ago  elected',
      '',
      'group web',
      '  n1 holds it since 2026-11-21 08:55:12 UTC (3 h 12 min ago): elected.',
      '  This node (n1) is leading, because: elected; on its link: 10.0.0.5;' +
        ' 3.4 s of its right to hold are left.',
      '  #  CANDIDATE  LEASE  REVISION  HEARTBEAT',
      '  1  n1         ab101  101       holder, promises 4.0 s, number 42',
      '  2  n2         ab102  102       follower, promises 8.0 s, number 42',
      '',
      'nodes      n1 (0.1.0), n2',
      'this node  n1, daemon 0.1.0, up 2 h, etcd connected, profile steady, fence nftables',
      'etcd       http://a:2379, http://b:2379, cluster 1234, revision 77',
      '',
    ].join('\n'),
  );
});

await t.test('without a daemon here it says that the slack is not known', async (t) => {
  const text = show(HELD);
  t.match(text, /^this node {2}no daemon answers here: neither its state nor its slack/m);
  t.notMatch(text, /right to hold/);
  t.notMatch(text, /→/, 'nothing to do');
});

await t.test('no group at all names the next step', async (t) => {
  const text = show(undefined, { nodes: [] });
  t.match(text, /^There is no group in etcd under this prefix\.\n {2}→ .*--prefix/);
  t.match(text, /^nodes {6}none has a heartbeat in etcd$/m);
});

await t.test('nobody holds it: the table says so in words', async (t) => {
  const released = show({
    ...HELD,
    holder: { node: 'n3', state: 'released', sinceMs: SINCE, reason: 'shutdown', by: 'n3' },
  });
  t.match(released, /^web .* nobody {3}3 h 12 min ago {2}released: shutdown$/m);
  t.match(released, /n3 released it at 2026-11-21 08:55:12 UTC \(3 h 12 min ago\): shutdown\./);
  t.match(released, /n1 is first and is about to take it\.\n {4}→ /);
  const deposed = show({
    ...HELD,
    holder: { node: 'n3', state: 'deposed', sinceMs: SINCE, reason: 'deposed', by: 'n2' },
  });
  t.match(deposed, /n3 was deposed by n2 at 2026-11-21/);
});

await t.test('no record: never held, and the first start takes its time', async (t) => {
  const { holder: _none, ...group } = HELD;
  const text = show(group);
  t.match(text, /^web .* nobody {3}- {6}never held so far$/m);
  t.match(text, /n1 is first and waits/);
  t.match(text, /→ Look again in half a minute/);
});

await t.test('no candidate: start a daemon', async (t) => {
  const { leader: _none, ...group } = { ...HELD, candidates: [] };
  const text = show(group);
  t.match(text, /Nobody is a candidate any more, not even n1/);
  t.match(text, /→ Start the daemon on a node/);
  t.notMatch(text, /CANDIDATE/);
});

await t.test('the holder has gone and another one is first', async (t) => {
  const text = show({
    ...HELD,
    leader: { node: 'n2', leaseId: 'ab102', revision: 102, foreign: false },
    candidates: QUEUE.slice(1),
  });
  t.match(text, /The key of n1 is gone; n2 takes over when its promise has run out\./);
});

await t.test('a foreign leader is called by its name', async (t) => {
  const text = show({
    ...HELD,
    holder: { node: 'talos-1', state: 'foreign', sinceMs: SINCE, reason: 'foreign', by: 'n2' },
    leader: { node: 'talos-1', leaseId: '9', revision: 99, foreign: true },
    candidates: [{ node: 'talos-1', leaseId: '9', revision: 99, foreign: true }, ...QUEUE],
  });
  t.match(text, /^web .* talos-1 \(foreign\) /m);
  t.match(text, /talos-1 leads since .*, and is no vip-elector: seen by n2\./);
  t.match(text, /→ To hand over to vip-elector, stop the other elector on talos-1\./);
  t.match(text, /^ {2}1 {2}talos-1 .* foreign: not a vip-elector, never deposed$/m);
});

await t.test('a candidate without a heartbeat is seen', async (t) => {
  const { lastBeat: _none, ...silent } = candidate('n3', 103, 'follower');
  t.match(show({ ...HELD, candidates: [...QUEUE, silent] }), /^ {2}3 {2}n3 .* none$/m);
});

await t.test('a faulted node says why and where to look', async (t) => {
  const text = show({
    ...HELD,
    local: { state: 'faulted', reason: 'link-missing', slackMs: null, vips: [] },
  });
  t.match(text, /This node is faulted, because: link-missing; no VIP on its link\./);
  t.match(text, /This node does not stand for election: link-missing\.\n {4}→ See its log/);
});

await t.test('a VIP on the link of which etcd does not know is told of', async (t) => {
  const text = show({
    ...HELD,
    holder: { node: 'n1', state: 'released', sinceMs: SINCE, reason: 'shutdown', by: 'n1' },
    local: {
      state: 'leading',
      reason: 'elected',
      slackMs: 100,
      vips: [{ address: '10.0.0.5', held: true }],
    },
  });
  t.match(text, /This node has a VIP on its link, but etcd does not say that it is held\./);
});

await t.test('what others wrote into etcd cannot steer the terminal', async (t) => {
  const evil = '\u001b[2Jn\n9';
  const text = show({
    name: evil,
    vips: [evil],
    holder: { node: evil, state: 'foreign', sinceMs: SINCE, reason: evil, by: evil },
    leader: { node: evil, leaseId: evil, revision: 1, foreign: true },
    candidates: [{ node: evil, leaseId: evil, revision: 1, foreign: true }],
    local: {
      state: evil,
      reason: evil,
      slackMs: null,
      vips: [{ address: evil, held: true }],
    },
  });
  t.notOk(text.includes(ESCAPE));
  t.notMatch(text, /^9/m);
});

await t.test('colours only when asked for', async (t) => {
  const view: ClusterView = {
    groups: [HELD],
    nodes: [],
    etcd: { endpoints: [], clusterId: '1', revision: 1 },
  };
  const bare = statusText(view, { nowMs: NOW, colours: false });
  const coloured = statusText(view, { nowMs: NOW, colours: true });
  t.notOk(bare.includes(ESCAPE));
  t.ok(coloured.includes(`${ESCAPE}[32mn1`));
  const codes = [0, 1, 2, 31, 32, 33].map((code) => `${ESCAPE}[${code}m`);
  const uncoloured = codes.reduce((text, code) => text.replaceAll(code, ''), coloured);
  t.equal(uncoloured.replaceAll(/ +$/gm, ''), bare);
});

await t.test('what the fence cannot do is said with it', async (t) => {
  const local = {
    node: 'n1',
    version: '0.1.0',
    uptimeMs: 1000,
    etcd: { endpoints: [], connected: true, holdForMs: 4000, slackMs: null },
    groups: [],
  };
  const lacking = { kind: 'address-lifetime', profile: 'seconds', egress: false } as const;
  const fence = { ...lacking, err: 'make the fence: ENOTSUP' };
  t.match(
    show(HELD, { local: { ...local, fence } }),
    'profile seconds, fence address-lifetime (no millisecond fence: make the fence: ENOTSUP)',
  );
  t.match(
    show(HELD, { local: { ...local, fence: { ...SOME_FENCE, egress: false } } }),
    'profile steady, fence nftables (not its own late frames)',
  );
});
