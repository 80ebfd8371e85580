import t from 'tap';
import { main } from '../../src/cli/main.ts';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const said = { stdout: '', stderr: '' };
  const code = await main(argv, {
    stdout: (text) => void (said.stdout += text),
    stderr: (text) => void (said.stderr += text),
    env,
  });
  return { code, ...said };
}

function brokenPipe(): void {
  throw new TypeError('the pipe is gone');
}

await t.test('help goes to standard output and lists the commands', async (t) => {
  const { code, stdout, stderr } = await run(['--help']);
  t.equal(code, 0);
  t.equal(stderr, '');
  for (const command of ['run', 'status', 'check', 'cleanup', 'lab', 'config', 'completion']) {
    t.match(stdout, `vip-elector ${command} `);
  }
});

await t.test('the version is that of the package', async (t) => {
  const { stdout } = await run(['--version']);
  t.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

await t.test('help of run names every flag with its variable', async (t) => {
  const { stdout } = await run(['run', '--help']);
  t.match(stdout, /--hold-for[^[]*\[VIP_ELECTOR_HOLD_FOR\]/);
});

await t.test('completion prints a script', async (t) => {
  const { code, stdout } = await run(['completion']);
  t.equal(code, 0);
  t.match(stdout, '--get-yargs-completions');
});

await t.test('wrong usage exits with 2 and says so on standard error', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /name a command/],
    [['runn'], /Did you mean run\?/],
    [['run', '--ectd', 'x'], /Unknown argument: ectd; did you mean --etcd\?/],
    [['run', 'extra'], /Unknown argument: extra/],
    [['run', '--vip'], /Not enough arguments following: vip/],
    [['run'], /configuration refused:\n {2}--vip: is missing/],
    [['config', '--vip', '10.0.0.100', '--etcd', 'x'], /--etcd = "x": is no URL/],
  ];
  for (const [argv, message] of cases) {
    const { code, stdout, stderr } = await run(argv);
    t.equal(code, 2, argv.join(' '));
    t.equal(stdout, '');
    t.match(stderr, /^vip-elector: /);
    t.match(stderr, message);
    t.notMatch(stderr, / at .*\.(ts|js):\d+/);
  }
});

await t.test('an unexpected error is one line, and a stack when asked for', async (t) => {
  for (const env of [{}, { VIP_ELECTOR_DEBUG: '1' }]) {
    let stderr = '';
    const code = await main(['config', '--schema'], {
      stdout: brokenPipe,
      stderr: (text) => void (stderr += text),
      env,
    });
    t.equal(code, 1);
    t.match(stderr, /^vip-elector: unexpected error: .*the pipe is gone/);
    t.equal(/\n\s+at /.test(stderr), 'VIP_ELECTOR_DEBUG' in env);
  }
});
