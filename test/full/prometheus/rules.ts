// The examples for Prometheus, as its own tool judges them.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Metrics } from '../../../src/observe/metrics.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const EXAMPLE = at('deploy/prometheus/prometheus.yaml');
const TESTS = at('test/deploy/prometheus/alerts.yaml');
const RULES = at('deploy/prometheus/alerts.yaml');

/** Runs promtool. @throws when it finds fault */
const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

await t.test('the example and the rules are right', async (t) => {
  t.match(promtool('check', 'config', EXAMPLE), /12 rules found/);
});

await t.test('each alert fires when it should, and not otherwise', async (t) => {
  t.match(promtool('test', 'rules', TESTS), 'SUCCESS');
});

await t.test('each alert has such a test, and the tests can fail', async (t) => {
  const rules = readFileSync(RULES, 'utf8');
  const tests = readFileSync(TESTS, 'utf8');
  for (const [, alert = ''] of rules.matchAll(/alert: (\w+)/g))
    t.match(tests, `alertname: ${alert}`);
  const dir = t.testdir({ 'alerts.yaml': rules.replace('vip_elector_leader) > 1', 'leader) > 2') });
  const broken = join(dir, 'tests.yaml');
  writeFileSync(broken, tests.replace(/^rule_files:.*$/m, 'rule_files: [alerts.yaml]'));
  t.throws(() => promtool('test', 'rules', broken));
});

await t.test('promtool check metrics has nothing to say', async (t) => {
  const metrics = new Metrics({
    node: 'n1',
    version: '1.2.3',
    groups: ['web'],
    vips: [{ group: 'web', vip: '10.0.0.5' }],
    slackSeconds: () => 2,
    certExpirySeconds: () => 86_400,
  });
  const input = await metrics.text();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input,
    encoding: 'utf8',
  });
  t.same({ status, said: stdout + stderr }, { status: 0, said: '' });
});
