import t from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import { Life } from '../../src/vip/life.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

await t.test('each change of state is told and dated, and nothing else', async (t) => {
  const clock = new VirtualClock();
  const events: ElectorEvent[] = [];
  const life = new Life('api', clock, (event) => void events.push(event));
  const bornMs = clock.wallMs();
  t.equal(life.name, 'following');
  await clock.advance(1000);
  t.strictSame(life.step({ type: 'queue', otherLeads: true }), []);
  t.strictSame(events, []);
  t.equal(life.sinceMs, bornMs, 'it has followed all the time');
  life.step({ type: 'queue', otherLeads: false });
  t.equal(life.sinceMs, bornMs + 1000);
  const fault = { reason: 'link-down', detail: 'link end0 has no carrier' } as const;
  const actions = life.step({ type: 'fault', fault });
  t.strictSame(actions, [{ type: 'candidate', wanted: false }], 'what is to be done is handed on');
  t.strictSame(events, [
    { type: 'transition', group: 'api', from: 'following', to: 'campaigning', reason: 'elected' },
    { type: 'transition', group: 'api', from: 'campaigning', to: 'faulted', ...fault },
  ]);
  t.match(life.state, { name: 'faulted', reason: 'link-down', fault });
});
