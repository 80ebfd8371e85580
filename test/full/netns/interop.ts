// etcd's own client takes part in our election: `etcdctl elect` sees our leader, waits behind us, and
// we behind it. It honours no promise of ours, and we none of its: its end is waited out.
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../../src/election/promise.ts';
import { Elect } from '../../fixtures/elect.ts';
import { etcdctl } from '../../fixtures/etcd-store.ts';
import { has, holds, makeSite, recordOf, VIP } from '../../fixtures/hosts.ts';
import { inNamespace } from '../../fixtures/namespace.ts';
import { until } from '../../fixtures/program.ts';

const ELECTION = '/vip-elector/elections/default';

/** Who stands in the election, in order of their turn. */
function queue(endpoint: string): string[] {
  const text = etcdctl(endpoint, 'get', '--prefix', `${ELECTION}/`, '--sort-by=CREATE');
  return text.split('\n').filter((_line, index) => index % 2 === 1);
}

/** Resolves when just these stand in the election, in this order. */
async function queued(endpoint: string, ...nodes: string[]): Promise<void> {
  const wanted = nodes.join();
  await until(`the queue is ${wanted}`, () => queue(endpoint).join() === wanted || undefined);
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('with `etcdctl elect`, each sees and awaits the other', async (t) => {
    const { hosts, endpoint, start } = await makeSite(t, { hosts: 2 });
    const [h1, h2] = hosts;

    const first = start(h1);
    await holds(h1);
    const second = start(h2);
    await queued(endpoint, 'h1', 'h2');
    const listener = new Elect(t, endpoint, '-l', ELECTION);
    await until('the listener sees h1', () => listener.leader === 'h1' || undefined);

    const other = new Elect(t, endpoint, ELECTION, 'other');
    await queued(endpoint, 'h1', 'h2', 'other');
    await first.stop();
    await until('the listener sees h2', () => listener.leader === 'h2' || undefined);
    await holds(h2);
    t.strictSame(queue(endpoint), ['h2', 'other']);
    t.strictSame(other.lines, [], 'it waits behind ours');
    t.match(recordOf(endpoint), { state: 'held', node: 'h2' });

    await second.stop();
    await until('the listener sees the other', () => listener.leader === 'other' || undefined);
    await until('the other leads', () => other.leader === 'other' || undefined);
    // Its end is written there, or already who leads now: it may have seen that on its way out.
    t.match(recordOf(endpoint)?.['state'], /^(released|foreign)$/);

    const third = start(h1);
    await queued(endpoint, 'other', 'h1');
    const fourth = start(h2);
    await queued(endpoint, 'other', 'h1', 'h2');
    const record = await until('the record says foreign', () => {
      const found = recordOf(endpoint);
      return found?.['state'] === 'foreign' ? found : undefined;
    });
    t.match(
      record,
      { node: 'other', token: { key: listener.lines.at(-2) } },
      'it names the leader',
    );
    t.notOk(
      hosts.some((host) => has(host, VIP)),
      'nobody of ours holds the VIP',
    );
    t.strictSame(queue(endpoint), ['other', 'h1', 'h2'], 'and nobody has deposed it');

    const endedAt = systemClock.now();
    await other[Symbol.asyncDispose]();
    await queued(endpoint, 'h1', 'h2');
    await holds(h1);
    const waitedMs = systemClock.now() - endedAt;
    t.ok(waitedMs >= LONGEST_TAKEOVER_AFTER_MS, `h1 took after ${waitedMs} ms, not sooner`);
    t.notOk(has(h2, VIP), 'and h2 did not');
    t.match(recordOf(endpoint), { state: 'held', node: 'h1' });
    t.equal(listener.leader, 'h1', 'the listener sees ours again');
    t.strictSame(
      listener.lines.filter((_line, index) => index % 2 === 1),
      ['h1', 'h2', 'other', 'h1'],
    );
    // The address was nowhere else while the other led: the logs tell of every taking. They may be read
    // later than the address is seen.
    await third.said({ msg: 'transition', to: 'leading' });
    for (const daemon of [third, fourth]) {
      t.equal(daemon.all({ msg: 'transition', to: 'assigning' }).length, daemon === third ? 1 : 0);
    }
    t.strictSame(await fourth.stop(), { code: 0, signal: null });
    t.strictSame(await third.stop(), { code: 0, signal: null });
    t.strictSame(queue(endpoint), []);
    t.notOk(hosts.some((host) => has(host, VIP)));
  });
});
