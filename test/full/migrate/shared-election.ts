// docs/migrate.md, from Talos's VIP and from kube-vip's election in etcd: vip-elector joins the election that
// stands there, waits while the other leads, takes when it has gone, and gives it back. What stands for the
// others is etcd's own client of that election, whose code both use, with the address put on the link while
// it leads, as both do.
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../../src/election/promise.ts';
import { talosElectionKey } from '../../../src/talos/election.ts';
import { Elect } from '../../fixtures/elect.ts';
import { etcdctl } from '../../fixtures/etcd-store.ts';
import { has, holds, makeSite, VIP, type Host } from '../../fixtures/hosts.ts';
import { inNamespace, ip } from '../../fixtures/namespace.ts';
import { until } from '../../fixtures/program.ts';
import { watchHost } from '../../fixtures/watched-host.ts';

/** kube-vip's election of the control plane in etcd: its namespace and its lease's name, the defaults. */
const KUBE_VIP = 'kube-system-plndr-cp-lock';

/** Who stands in an election, in order of their turn. */
function queue(endpoint: string, key: string): string[] {
  const text = etcdctl(endpoint, 'get', '--prefix', `${key}/`, '--sort-by=CREATE');
  return text.split('\n').filter((_line, index) => index % 2 === 1);
}

/** A node of the other program: it has the address while it leads, and no longer. */
class OtherNode {
  readonly #elect: Elect;
  readonly #host: Host;

  constructor(t: Test, endpoint: string, key: string, host: Host) {
    this.#host = host;
    this.#elect = new Elect(t, endpoint, key, 'other');
  }

  async leads(): Promise<void> {
    await until('the other leads', () => this.#elect.leader === 'other' || undefined);
    ip('-n', this.#host.name, 'address', 'add', `${VIP}/32`, 'dev', this.#host.name);
  }

  async leaves(): Promise<void> {
    ip('-n', this.#host.name, 'address', 'del', `${VIP}/32`, 'dev', this.#host.name);
    await this.#elect[Symbol.asyncDispose]();
  }
}

async function thereAndBack(t: Test, key: string): Promise<void> {
  const { h1, h2, endpoint, start } = await makeSite(t, { hosts: 2 });
  const other = new OtherNode(t, endpoint, key, h1);
  await other.leads();
  const args = ['--vip', VIP, '--link', 'h2'];
  if (key !== KUBE_VIP) {
    const refused = start(h2, { args });
    t.equal((await refused.end()).code, 2, 'with an election of its own it is refused');
    t.match(refused.stderr, `electionKey ${key}`);
  }

  const monitor = await watchHost(t, 'h2');
  const ours = start(h2, { args: [...args, '--election-key', key] });
  await until('ours stands behind', () => queue(endpoint, key).join() === 'other,h2' || undefined);
  monitor.mark();
  // Long enough for whoever would not wait for a foreign leader.
  await systemClock.sleep(LONGEST_TAKEOVER_AFTER_MS + 1_000);
  t.strictSame(queue(endpoint, key), ['other', 'h2'], 'nobody deposed the other');
  t.strictSame(monitor.changes(), [], 'ours had no address');

  await other.leaves();
  const leftAt = systemClock.now();
  await holds(h2);
  const waitedMs = systemClock.now() - leftAt;
  t.ok(waitedMs >= LONGEST_TAKEOVER_AFTER_MS, `taken after ${waitedMs.toFixed(0)} ms, not sooner`);
  t.notOk(has(h1, VIP), 'one holder');

  const back = new OtherNode(t, endpoint, key, h1);
  await until('it stands behind', () => queue(endpoint, key).join() === 'h2,other' || undefined);
  t.notOk(has(h1, VIP));
  const stopped = ours.stop();
  await back.leads();
  t.notOk(has(h2, VIP), 'ours was off its link before the other led');
  t.strictSame(await stopped, { code: 0, signal: null });
  await back.leaves();
}

await inNamespace(t, import.meta.url, async () => {
  await t.test("Talos's election", (t) => thereAndBack(t, talosElectionKey(VIP)));
  await t.test("kube-vip's election in etcd", (t) => thereAndBack(t, KUBE_VIP));
});
