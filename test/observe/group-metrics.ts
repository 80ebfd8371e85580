import { Registry } from 'prom-client';
import t from 'tap';
import { GroupMetrics } from '../../src/observe/group-metrics.ts';
import { createInstruments } from '../../src/observe/instruments.ts';

const NOTHING = {
  slackSeconds: () => undefined,
  loopLagSeconds: () => 0,
  certExpirySeconds: () => undefined,
};
const VIPS = ['10.0.0.5', 'fd00::5'].map((vip) => ({ group: 'web', vip }));

/** Group `web` with two VIPs, and what is scraped of it. */
function bench(): { readonly groups: GroupMetrics; readonly text: () => Promise<string> } {
  const registry = new Registry();
  const groups = new GroupMetrics('n1', createInstruments(registry, NOTHING));
  groups.addGroup('web');
  for (const vip of VIPS) groups.addVip(vip);
  return { groups, text: () => registry.metrics() };
}

/** The value of one series, undefined when it is absent. */
async function value(text: () => Promise<string>, series: string): Promise<string | undefined> {
  const lines = (await text()).split('\n');
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

await t.test('exactly one state of a group is 1, all others are there as 0', async (t) => {
  const { groups, text } = bench();
  const states = async (): Promise<string[]> =>
    [...(await text()).matchAll(/^vip_elector_state\{group="web",state="(\w+)"\} 1$/gm)].map(
      ([, state]) => state ?? '',
    );
  t.same(await states(), ['following']);
  groups.transition('web', 'leading', 'elected');
  t.same(await states(), ['leading']);
  t.equal(await value(text, 'vip_elector_state{group="web",state="faulted"}'), '0');
  const series = 'vip_elector_transitions_total{group="web",to="leading",reason="elected"}';
  t.equal(await value(text, series), '1');
});

await t.test('what alarms are made of is there as 0 before anything happens', async (t) => {
  const { text } = bench();
  for (const reason of ['conflict', 'name-conflict', 'foreign-address', 'link-down']) {
    const series = `vip_elector_transitions_total{group="web",to="faulted",reason="${reason}"}`;
    t.equal(await value(text, series), '0', reason);
  }
});

await t.test('leader is 1 only while the group leads and holds all of its VIPs', async (t) => {
  const { groups, text } = bench();
  const leader = () => value(text, 'vip_elector_leader{group="web",node="n1"}');
  const [v4, v6] = VIPS as [(typeof VIPS)[0], (typeof VIPS)[0]];
  groups.setHeld(v4, 'end0', true);
  groups.setHeld(v6, 'end0', true);
  t.equal(await leader(), '0', 'all held, not leading yet');
  groups.transition('web', 'leading', 'elected');
  t.equal(await leader(), '1');
  groups.setHeld(v6, 'end0', false);
  t.equal(await leader(), '0', 'one of two is gone');
  t.equal(await value(text, 'vip_elector_vip_held{group="web",vip="fd00::5",link="end0"}'), '0');
  groups.setHeld(v6, 'end1', true);
  t.equal(await leader(), '1', 'on another link');
  groups.transition('web', 'withdrawing', 'fence-expired');
  t.equal(await leader(), '0', 'still on the link, not leading any more');
});
