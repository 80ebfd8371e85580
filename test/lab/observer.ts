/**
 * The lab with real etcd: what the observer in the client host sees, and that `etcd-cut` really cuts
 * a host from every member, on old connections and new, and nothing else.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Lab } from '../../src/lab/lab.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const caller = fileURLToPath(new URL('../fixtures/http-caller.mjs', import.meta.url));
const signal = AbortSignal.timeout(120_000);

/** Asks from within a host, on one connection that is kept for each member. */
function callFrom(namespace: string): { ask(line: string): Promise<string>; end(): void } {
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, caller], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      return String((await answers.next()).value);
    },
    end: () => void child.stdin.end(),
  };
}

await inNamespace(t, import.meta.url, async () => {
  await using lab = await Lab.create({ nodes: 3, daemon: () => ['sleep', '1000'] });
  await lab.start(signal);
  const urls = lab.etcd.map(({ clientUrl }) => `${clientUrl}/version`);

  await t.test('the observer sees and moves the leader, reads and writes', async (t) => {
    const leader = await lab.observer.leader();
    if (leader === undefined) throw new Error('no leader');
    const next = (leader + 1) % 3;
    await lab.observer.moveLeader(next);
    while ((await lab.observer.leader()) !== next) await lab.clock.sleep(20, signal);
    t.pass('the leader moved');
    await lab.observer.startWriting();
    while ((await lab.observer.values('/lab/')).length === 0) await lab.clock.sleep(20, signal);
    await lab.clock.sleep(200);
    const served = await lab.observer.stopWriting();
    t.ok(served.length >= 2, 'writes are served');
    t.match(await lab.observer.values('/lab/'), [/^\d+$/]);
    t.same(await lab.observer.values('/nothing/'), []);
  });

  await t.test('a frozen member is not agreed with, the others serve on', async (t) => {
    const leader = await lab.observer.leader();
    const follower = lab.etcd[((leader ?? 0) + 1) % 3];
    follower?.freeze();
    t.equal(await lab.observer.leader(), undefined);
    t.match(await lab.observer.values('/lab/'), [/^\d+$/]);
    follower?.thaw();
    while ((await lab.observer.leader()) === undefined) await lab.clock.sleep(20, signal);
  });

  await t.test('etcd-cut: the host reaches no member, and nothing else changes', async (t) => {
    const cut = callFrom(lab.hosts[0]!.namespace);
    const other = callFrom(lab.hosts[1]!.namespace);
    const own = urls[0]!;
    t.equal(await cut.ask(own), 'answered', 'its own member, on a connection that it keeps');
    await lab.faults.cutFromEtcd(0);
    t.equal(await cut.ask(own), 'silent', 'cut: its own member, on that connection');
    for (const url of urls) t.equal(await cut.ask(`new ${url}`), 'silent', `cut: ${url}`);
    for (const url of urls) t.equal(await other.ask(`new ${url}`), 'answered', `other: ${url}`);
    await lab.faults.heal();
    for (const url of urls) t.equal(await cut.ask(`new ${url}`), 'answered', `healed: ${url}`);
    cut.end();
    other.end();
  });
});
