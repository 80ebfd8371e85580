import t from 'tap';
import { ExitCode } from '../../src/errors.ts';
import { benchOptions } from './compare/options.ts';

await t.test('without arguments everything is measured, into docs', (t) => {
  t.strictSame(benchOptions([]), {
    runs: undefined,
    only: undefined,
    scenarios: undefined,
    adapters: [],
    json: undefined,
    from: [],
    render: false,
    out: 'docs',
  });
  t.end();
});

await t.test('lists have commas, adapters are given one by one', (t) => {
  const args = ['--runs', '3', '--only', 'seconds, keepalived-1s', '--scenario', 'kill,idle'];
  const files = ['--adapter', 'a.mjs', '--adapter', 'b.mjs', '--from', 'x.json,y.json'];
  t.match(benchOptions([...args, ...files, '--render', '--out', '/tmp']), {
    runs: 3,
    only: ['seconds', 'keepalived-1s'],
    scenarios: ['kill', 'idle'],
    adapters: ['a.mjs', 'b.mjs'],
    from: ['x.json', 'y.json'],
    render: true,
    out: '/tmp',
  });
  t.end();
});

await t.test('what cannot be is refused', (t) => {
  const usage = { exitCode: ExitCode.usage };
  for (const runs of ['0', '1.5', 'many']) {
    t.throws(() => benchOptions(['--runs', runs]), { ...usage, message: /whole number/ });
  }
  t.throws(() => benchOptions(['--frob']), { ...usage, message: /--frob[^]*npm run bench/ });
  t.throws(() => benchOptions(['--render']), { ...usage, message: /--from/ });
  t.end();
});
