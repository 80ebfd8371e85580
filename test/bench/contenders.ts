import { join } from 'node:path';
import t from 'tap';
import { ExitCode } from '../../src/errors.ts';
import type { Contender } from './compare/contender.ts';
import { adapterProblem, CONTENDERS, loadAdapter, pickContenders } from './compare/contenders.ts';
import { COMPARED } from './compare/scenarios.ts';

await t.test('every contender of ours is what an adapter has to be', (t) => {
  const scenarios = COMPARED.map(({ name }) => name);
  for (const contender of CONTENDERS) {
    t.equal(adapterProblem(contender), undefined, contender.name);
    for (const name of contender.notApplicable) t.ok(scenarios.includes(name), name);
  }
  t.equal(new Set(CONTENDERS.map(({ name }) => name)).size, CONTENDERS.length);
  t.end();
});

await t.test('our daemon gets its profile and the arguments of the lab', async (t) => {
  const [ours] = pickContenders(['seconds'], CONTENDERS);
  const context = {
    node: 'h1',
    vips: ['10.77.0.100'],
    endpoints: ['http://10.77.0.1:2379'],
    runtimeDir: '/run/x',
    profile: 'steady' as const,
    args: ['--log-level', 'debug'],
  };
  const command = ours?.command(context) ?? [];
  t.match(command.join(' '), /run .*--profile seconds .*--log-level debug$/);
  t.match(await ours?.version(), /^vip-elector \d/);
});

await t.test('contenders are picked by name, in their own order', (t) => {
  t.equal(pickContenders(undefined, CONTENDERS), CONTENDERS);
  const picked = pickContenders(['keepalived-0.1s', 'seconds'], CONTENDERS);
  t.strictSame(
    picked.map(({ name }) => name),
    ['seconds', 'keepalived-0.1s'],
  );
  const refusal = {
    exitCode: ExitCode.usage,
    message: /there are fast, steady, seconds, keepalived-1s/,
  };
  t.throws(() => pickContenders(['frobd'], CONTENDERS), refusal);
  t.throws(() => pickContenders([], CONTENDERS), refusal);
  t.end();
});

const ADAPTER = `export default {
  name: 'frobd', summary: 'frobd by default', etcd: false, beatEveryMs: 50, notApplicable: [],
  version: async () => 'frobd 1', command: ({ node }) => ['frobd', node],
};`;

await t.test('an adapter file is loaded, and a wrong one refused with the reason', async (t) => {
  const dir = t.testdir({
    'good.mjs': ADAPTER,
    'none.mjs': 'export const name = 1;',
    'broken.mjs': 'this is no module',
  });
  t.match(await loadAdapter(join(dir, 'good.mjs')), { name: 'frobd', beatEveryMs: 50 });
  const usage = { exitCode: ExitCode.usage };
  await t.rejects(loadAdapter(join(dir, 'none.mjs')), { ...usage, message: /is no object/ });
  await t.rejects(loadAdapter(join(dir, 'broken.mjs')), { ...usage, message: /broken\.mjs/ });
  await t.rejects(loadAdapter(join(dir, 'missing.mjs')), { ...usage, message: /missing\.mjs/ });
});

await t.test('what is wrong with an adapter is named', (t) => {
  const good: Contender = CONTENDERS[0]!;
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ name: '' }, /`name` is no text/],
    [{ name: 'a,b' }, /comma/],
    [{ summary: 1 }, /`summary`/],
    [{ etcd: 'yes' }, /`etcd`/],
    [{ beatEveryMs: 0 }, /`beatEveryMs`/],
    [{ notApplicable: 'none' }, /`notApplicable`/],
    [{ version: '1' }, /`version` is no function/],
    [{ command: ['frobd'] }, /`command` is no function/],
  ];
  for (const [part, problem] of wrong) t.match(adapterProblem({ ...good, ...part }), problem);
  t.match(adapterProblem(null), /no object/);
  t.end();
});
