import t, { type Test } from 'tap';
import type { ClusterView } from '../../src/cli/status-view.ts';
import { watchStatus } from '../../src/cli/status-watch.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

function view(node: string, seq: number): ClusterView {
  const beat = { seq, holdForMs: 3000, role: 'holder' as const };
  const candidate = { node, leaseId: 'a', revision: 1, foreign: false, lastBeat: beat };
  const holder = { node, state: 'held' as const, sinceMs: 0, reason: 'elected', by: node };
  return {
    groups: [{ name: 'api', vips: ['10.0.0.100'], holder, candidates: [candidate] }],
    nodes: [],
    etcd: { endpoints: ['http://e:2379'], clusterId: '1', revision: seq },
  };
}

/** Starts it; `tick` lets a second pass. */
function watching(t: Test, over: { json?: boolean; terminal?: boolean }) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const world: { next: ClusterView | Error; said: string[] } = { next: view('h1', 1), said: [] };
  const done = watchStatus({
    look: async () => {
      if (world.next instanceof Error) throw world.next;
      return world.next;
    },
    json: false,
    terminal: false,
    clock,
    write: (text) => void world.said.push(text),
    signal: stop.signal,
    ...over,
  });
  t.teardown(() => stop.abort(new Error('the test ends')));
  const tick = async (): Promise<void> => {
    await new Promise(setImmediate);
    await clock.advance(1000);
    await new Promise(setImmediate);
  };
  return { world, tick, stop, done };
}

await t.test('not on a terminal: again only when something has changed', async (t) => {
  const { world, tick, stop, done } = watching(t, {});
  await tick();
  t.equal(world.said.length, 1);
  t.match(world.said[0], /^api +10\.0\.0\.100 +h1 /m);
  world.next = view('h1', 2);
  await tick();
  t.equal(world.said.length, 1, 'a heartbeat is no news');
  world.next = view('h2', 3);
  await tick();
  t.equal(world.said.length, 2);
  t.match(world.said[1], /^api +10\.0\.0\.100 +h2 /m);
  stop.abort(new Error('Ctrl-C'));
  await done;
});

await t.test('etcd that does not answer is said once, and asked again', async (t) => {
  const { world, tick } = watching(t, {});
  world.next = new Error('etcd does not answer');
  await tick();
  await tick();
  await tick();
  t.strictSame(world.said.slice(1), ['etcd does not answer\n\n']);
  world.next = view('h1', 4);
  await tick();
  t.equal(world.said.length, 3);
});

await t.test('--json: one line a change', async (t) => {
  const { world, tick } = watching(t, { json: true });
  await tick();
  world.next = view('h2', 2);
  await tick();
  world.next = new Error('gone');
  await tick();
  t.match(
    world.said.map((line) => JSON.parse(line) as unknown),
    [
      { groups: [{ holder: { node: 'h1' } }] },
      { groups: [{ holder: { node: 'h2' } }] },
      { error: 'gone' },
    ],
  );
  for (const line of world.said) t.match(line, /^[^\n]*\n$/);
});

await t.test('on a terminal: in place, every second', async (t) => {
  const { world, tick } = watching(t, { terminal: true });
  await tick();
  await tick();
  t.ok(world.said.length >= 2);
  for (const text of world.said) t.ok(text.startsWith('\u001b[H\u001b[2J'));
});
