// SIGHUP: the file is read anew. What did not change notices nothing, and a bad file changes nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  ask,
  has,
  holds,
  makeSite,
  metric,
  ramDirectory,
  recordOf,
  VIP,
} from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const OTHER = '10.77.1.101';
const THIRD = '10.77.1.102';

await inNamespace(t, import.meta.url, async () => {
  const { h1, endpoint, start } = await makeSite(t, { groups: ['one', 'two', 'three'] });
  const file = join(ramDirectory(t, 'config'), 'config.yaml');
  const write = (...groups: string[]): void =>
    writeFileSync(
      file,
      `groups:\n${groups.map((group) => `  - { ${group}, link: h1 }\n`).join('')}`,
    );
  const one = `name: one, vips: [${VIP}]`;
  const two = `name: two, vips: [${OTHER}]`;
  write(one, two);
  const daemon = start(h1, { args: ['--config', file] });
  await holds(h1);
  await until('both are held', () => has(h1, OTHER) || undefined);
  const before = recordOf(endpoint, 'one');
  const reload = async (msg: string): Promise<Readonly<Record<string, unknown>>> => {
    const from = daemon.lines.length;
    daemon.signal('SIGHUP');
    return daemon.said({ msg }, from);
  };

  await t.test('a bad file changes nothing, and says why', async (t) => {
    write(one, `${two}, weight: 101`);
    const refused = await reload('configuration refused, everything stays as it was');
    t.match(refused, { level: 'error', err: /groups\[1\].weight.*is outside 0 to 100/ });
    writeFileSync(file, 'groups: [');
    t.match(await reload('configuration refused, everything stays as it was'), { err: /YAML/ });
    writeFileSync(file, `node: n9\ngroups: [{ ${one} }]\nlisten: ':2113'\nkeepOnStop: true\n`);
    const fixed = await reload('configuration refused, everything stays as it was');
    t.match(fixed, { err: /^keepOnStop cannot change while the daemon runs: restart it/ });
    writeFileSync(file, `groups: [{ ${one} }]\nprofile: seconds\n`);
    const guarded = await reload('configuration refused, everything stays as it was');
    t.match(guarded, { err: /^profile: seconds cannot come after another profile/ });
    t.ok(has(h1, VIP) && has(h1, OTHER));
  });

  await t.test('a group goes and another comes; the third notices nothing', async (t) => {
    const from = daemon.lines.length;
    write(one, `name: three, vips: [${THIRD}]`);
    t.strictSame((await reload('configuration reloaded'))['changed'], ['two', 'three']);
    t.notOk(has(h1, OTHER), 'withdrawn before the next is added');
    await until('the new one is held', () => has(h1, THIRD) || undefined);
    t.match(recordOf(endpoint, 'two'), { state: 'released', reason: 'config-changed', by: 'h1' });
    t.match(recordOf(endpoint, 'three'), { state: 'held', node: 'h1' });
    t.strictSame(recordOf(endpoint, 'one'), before);
    t.strictSame(daemon.all({ msg: 'transition', group: 'one' }).length, 3, 'until it led');
    const { text } = await ask(h1, '/metrics');
    t.equal(metric(text, 'vip_elector_leader{group="one",node="h1"}'), 1);
    t.equal(metric(text, 'vip_elector_leader{group="three",node="h1"}'), 1);
    t.equal(metric(text, 'vip_elector_leader{group="two",node="h1"}'), undefined);
    t.ok(daemon.lines.slice(from).every(({ level }) => level !== 'error'));
  });

  await t.test('other VIPs of a group: released and taken again with them', async (t) => {
    write(`name: one, vips: [${VIP}, ${OTHER}]`, `name: three, vips: [${THIRD}]`);
    t.strictSame((await reload('configuration reloaded'))['changed'], ['one']);
    await until('both are held', () => (has(h1, VIP) && has(h1, OTHER)) || undefined);
  });

  await t.test('probes and log level change under a hold', async (t) => {
    const held = recordOf(endpoint, 'three');
    writeFileSync(
      file,
      `log: { level: debug }\ngroups:
  - { name: one, vips: [${VIP}, ${OTHER}], link: h1 }
  - { name: three, vips: [${THIRD}], link: h1, weight: 70, health: { probes: 'tcp://127.0.0.1:1', fall: 1, every: 200ms } }\n`,
    );
    t.strictSame((await reload('configuration reloaded'))['changed'], ['log.level', 'three']);
    await daemon.said({ msg: 'node is unhealthy', group: 'three' });
    await daemon.said({ level: 'debug', msg: 'heartbeat confirmed' });
    t.strictSame(recordOf(endpoint, 'three'), held, 'with nobody else it keeps it');
    t.ok(has(h1, THIRD));
  });

  await t.test(
    'timing changes under a hold: shorter, and longer by a record of its own',
    async (t) => {
      const groups = `groups: [{ name: three, vips: [${THIRD}], link: h1, weight: 70 }]\n`;
      writeFileSync(file, `log: { level: debug }\n${groups}`);
      await reload('configuration reloaded');
      const from = daemon.lines.length;
      const { token, sinceMs } = recordOf(endpoint, 'three') ?? {};
      for (const [timing, holdForMs] of [
        ['profile: fast', 600],
        ['holdFor: 5s', 5000],
        ['profile: adaptive', 3000],
      ] as const) {
        writeFileSync(file, `log: { level: debug }\n${timing}\n${groups}`);
        t.strictSame((await reload('configuration reloaded'))['changed'], ['timing'], timing);
        await daemon.said({ msg: 'promise changed', holdForMs }, from);
        t.match(recordOf(endpoint, 'three'), { state: 'held', token, sinceMs });
      }
      t.match(recordOf(endpoint, 'three'), { ceilingMs: 5000 }, 'written before it was promised');
      const { fence } = JSON.parse((await ask(h1, '/status')).text) as { fence: object };
      t.match(fence, { profile: 'adaptive' });
      t.notOk(daemon.lines.slice(from).some(({ msg }) => msg === 'transition'));
      t.ok(has(h1, THIRD));
    },
  );
});
