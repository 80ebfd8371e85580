import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ExitCode } from '../../src/errors.ts';
import { ip } from '../../src/lab/ip.ts';
import type { LabOptions } from '../../src/lab/lab.ts';
import type { ScenarioResult } from '../../src/lab/runner.ts';
import { SCENARIOS } from '../../src/lab/scenarios.ts';
import { pickScenarios, runSession } from '../../src/lab/session.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const standIn = fileURLToPath(new URL('../fixtures/stand-in.mjs', import.meta.url));

function labOf(daemon: LabOptions['daemon']): LabOptions & { etcdOver: 'end0' } {
  return { nodes: 2, etcd: false, etcdOver: 'end0', ...(daemon && { daemon }) };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('scenarios are picked by name, in the order of the table', async (t) => {
    t.same(
      pickScenarios(['kill', 'handover']).map(({ name }) => name),
      ['handover', 'kill'],
    );
    t.same(pickScenarios(['all']), SCENARIOS);
  });

  await t.test('a name that there is not is refused, with those that there are', async (t) => {
    for (const names of [['kil'], []]) {
      t.throws(() => pickScenarios(names), {
        exitCode: ExitCode.usage,
        message: /there are: handover, kill, .*cable-mgmt, all$/,
      });
    }
  });

  await t.test('every name is there once, with a bound and runs', async (t) => {
    t.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
    for (const { name, bound, runs } of SCENARIOS) t.ok(bound !== '' && runs > 0, name);
  });

  await t.test('a successor that is too hasty is caught, and the evidence is kept', async (t) => {
    const dir = t.testdir();
    const results: ScenarioResult[] = [];
    await runSession({
      scenarios: pickScenarios(['kill']),
      runs: 1,
      lab: labOf(({ vips }) => [
        process.execPath,
        standIn,
        'hasty',
        vips[0]!,
        join(t.testdirName, 'lock'),
      ]),
      evidenceDir: join(dir, 'evidence'),
      logsDir: join(dir, 'logs'),
      onProgress: (line) => t.comment(line),
      onResult: (result) => void results.push(result),
      signal: AbortSignal.timeout(100_000),
    });
    t.match(results, [{ name: 'kill', problems: [/two holders on the wire/] }]);
    t.same(readdirSync(join(dir, 'evidence', 'kill-end0-1')), [
      'claims.pcap',
      'h1.log',
      'h2.log',
      'recording.json',
    ]);
    t.ok(existsSync(join(dir, 'logs', 'end0', 'h1.log')));
  });

  await t.test('an interrupted session leaves nothing behind', async (t) => {
    const dir = t.testdir();
    const interrupt = new AbortController();
    const session = runSession({
      scenarios: pickScenarios(['handover']),
      lab: labOf(({ vips }) => [
        process.execPath,
        standIn,
        'honest',
        vips[0]!,
        join(t.testdirName, 'lock'),
      ]),
      evidenceDir: dir,
      onProgress: (line) => {
        if (line.startsWith('handover 1')) interrupt.abort(new Error('enough'));
      },
      onResult: () => t.fail('no scenario has ended'),
      signal: interrupt.signal,
    });
    await t.rejects(session, { message: 'enough' });
    t.equal((await ip('netns', 'list')).trim(), 'self');
    t.same(readdirSync('/run/vip-elector-lab'), []);
  });

  await t.test(
    'a daemon that ends is told with its last words, and the session goes on',
    async (t) => {
      const results: ScenarioResult[] = [];
      const lines: string[] = [];
      await runSession({
        scenarios: pickScenarios(['kill', 'flush']),
        lab: labOf(() => ['sh', '-c', 'echo no such option; exit 2']),
        evidenceDir: t.testdir(),
        onProgress: (line) => void lines.push(line),
        onResult: (result) => void results.push(result),
        signal: AbortSignal.timeout(100_000),
      });
      t.match(results, [
        { name: 'kill', problems: [/gave up.*has ended/], runs: [] },
        { name: 'flush', problems: [/gave up.*has ended/], runs: [] },
      ]);
      t.match(lines.join('\n'), /no such option/);
    },
  );
});
