// Others in our election: foreign candidates, keys without a lease, a node with our name.
import { spawn } from 'node:child_process';
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { isOurLease } from '../../../src/election/keys.ts';
import type { CandidateView } from '../../../src/election/types.ts';
import { startElections } from '../../fixtures/election.ts';
import { within } from '../../fixtures/etcd-store.ts';
import { overlaps } from '../../fixtures/hold.ts';

const { election, endpoints, store } = await startElections(t);

await t.test(
  '[H8] etcdctl elect waits behind us and sees our leader; we wait behind it',
  async (t) => {
    const { hand, nodes, queueUp, node } = await election(t);
    const [a] = await queueUp('a');
    const name = hand.keys.election('g');
    const env = { ...process.env, ETCDCTL_API: '3' };
    const [endpoint = ''] = endpoints;
    const elect = (...args: string[]) =>
      spawn('etcdctl', [`--endpoints=${endpoint}`, 'elect', ...args], { env });
    const listen = elect('-l', name);
    t.teardown(() => listen.kill('SIGKILL'));
    const [seen] = (
      await new Promise<string>((resolve) => {
        let text = '';
        listen.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.split('\n').length > 2) resolve(text);
        });
      })
    )
      .split('\n')
      .slice(1);
    t.equal(seen, 'a', 'the value of the leader key');
    const foreigner = elect(name, 'it');
    t.teardown(() => foreigner.kill('SIGKILL'));
    await a?.when(() => a.queue.length === 2);
    t.strictSame(
      a?.queue.map(({ mine, foreign, node }) => [mine, foreign, node]),
      [
        [true, false, 'a'],
        [false, true, 'it'],
      ],
    );
    const b = node('b').start();
    await b.when(() => b.queue.length === 3);
    await a?.release();
    await b.when(() => b.queue[0]?.foreign === true && b.queue.length === 2);
    for (;;) {
      const record = await hand.record();
      if (record?.state === 'foreign') {
        t.match(record, { node: 'it' });
        t.notOk(isOurLease(record.token.key.slice(record.token.key.lastIndexOf('/') + 1)));
        break;
      }
    }
    foreigner.kill('SIGINT');
    await b.when(() => b.queue[0]?.mine === true);
    t.equal(b.holds.length, 0, 'the longest wait has begun');
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  '[H8] a candidate on a lease with a negative ID is foreign, and ends nothing',
  { timeout: 60_000 },
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a] = await queueUp('a');
    const lease = 'ffffffffffffffb3';
    await store.grantLease(lease, 60, within());
    await hand.put(`${hand.keys.election('g')}/${lease}`, 'it', lease);
    await a?.when(() => a.queue.length === 2);
    t.strictSame(
      a?.queue.map(({ node, mine, foreign, leaseId }) => [node, mine, foreign, leaseId]).at(1),
      ['it', false, true, lease],
    );
    const from = a?.heard.length ?? 0;
    await a?.until('proved', () => true, from);
    await a?.release();
    a?.elector.setCandidate('g', true);
    await a?.when(() => a.queue.length === 2 && a.queue[0]?.foreign === true);
    while ((await hand.record())?.state !== 'foreign') await systemClock.sleep(20);
    t.match(await hand.record(), { node: 'it' });
    t.equal(a?.isHolding(), false);
    await store.revokeLease(lease, within());
    await a?.when(() => a.queue[0]?.mine === true);
    t.equal(a?.failure, undefined);
  },
);

await t.test('[H13] a key without a lease is warned about and ignored', async (t) => {
  const { hand, queueUp } = await election(t);
  await hand.put(`${hand.keys.election('g')}/by-hand`, 'me');
  const [a] = await queueUp('a');
  await a?.untilEvent('leaseless-candidate');
  t.equal(a?.isHolding(), true);
  t.equal(a?.events.filter(({ type }) => type === 'leaseless-candidate').length, 1);
});

await t.test('[H13] a key that somebody took off its lease is replaced by its node', async (t) => {
  const { hand, queueUp } = await election(t);
  const [a, b] = await queueUp('a', 'b');
  const before = b?.queue.find(({ mine }) => mine);
  const key = `${hand.keys.election('g')}/${before?.leaseId}`;
  await hand.put(key, 'b');
  const standsAnew = ({ mine, revision }: CandidateView): boolean =>
    mine && revision > (before?.revision ?? Infinity);
  await b?.when(() => b.queue.some(standsAnew));
  t.match(await hand.get(key), { value: 'b', lease: before?.leaseId });
  t.equal(a?.isHolding(), true, 'meanwhile the holder holds');
});

await t.test(
  'rule 2: a second node with our name refuses, says so, and stands when we are gone',
  async (t) => {
    const { prefix, nodes, node, queueUp } = await election(t);
    const [a] = await queueUp('a');
    const twin = node('a').start();
    t.match(await twin.until('barred'), { reason: 'name-conflict' });
    const from = a?.heard.length ?? 0;
    await a?.until('proved', () => true, from);
    t.equal(twin.holds.length, 0);
    t.equal(a?.isHolding(), true, `${prefix}: the first is not disturbed`);
    await a?.stop();
    await twin.until('barred', ({ reason }) => reason === undefined);
    await twin.until('taken');
    t.strictSame(overlaps(nodes.slice(0, 1)), []);
  },
);
