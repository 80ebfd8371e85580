import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const UNIT = fileURLToPath(new URL('../../systemd/vip-elector.service', import.meta.url));
/** Of ten, where ten is a service without any limit (systemd-analyze(1), "security"). */
const WORST_EXPOSURE = 2.0;

function analyze(...args: readonly string[]) {
  return spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 30_000 });
}

void t.test('systemd-analyze verify finds nothing', async (t) => {
  const root = t.testdir();
  const put = (path: string, write: (to: string) => void): void => {
    const to = join(root, path);
    mkdirSync(dirname(to), { recursive: true });
    write(to);
  };
  // It looks for the programs, and for the units that this one waits for.
  for (const program of ['usr/bin/node', 'bin/sh']) {
    put(program, (to) => writeFileSync(to, '', { mode: 0o755 }));
  }
  for (const unit of ['sysinit', 'basic', 'shutdown', 'network-online', 'multi-user']) {
    put(`etc/systemd/system/${unit}.target`, (to) =>
      writeFileSync(to, `[Unit]\nDescription=${unit}\n`),
    );
  }
  put('etc/systemd/system/vip-elector.service', (to) => copyFileSync(UNIT, to));
  const { status, stderr } = analyze('verify', '--man=no', `--root=${root}`, 'vip-elector.service');
  t.equal(stderr, '');
  t.equal(status, 0);
});

void t.test('the sandbox leaves at most an exposure of 2.0', async (t) => {
  const { stdout } = analyze('security', '--offline=true', '--no-pager', UNIT);
  const exposure = /Overall exposure level for vip-elector\.service: (\d+\.\d)/.exec(stdout)?.[1];
  t.ok(Number(exposure) <= WORST_EXPOSURE, `exposure ${exposure}`);
});

void t.test('only after a clean stop is anything withdrawn', async (t) => {
  const script = /^ExecStopPost=\/bin\/sh -c '(.*)'$/m.exec(readFileSync(UNIT, 'utf8'))?.[1] ?? '';
  // What systemd unescapes; the programs only print what they were asked.
  const told = script
    .replaceAll('$$', '$')
    .replaceAll(/exec (?:\/usr\/bin\/node \S+|(?=sleep))/g, 'echo ');
  const after = (result: string, status: string): string =>
    spawnSync('/bin/sh', ['-c', told], {
      encoding: 'utf8',
      env: { SERVICE_RESULT: result, EXIT_STATUS: status },
    }).stdout.trim();
  t.equal(after('success', '0'), 'cleanup');
  t.equal(after('signal', 'KILL'), '', 'the next start resumes');
  t.equal(after('watchdog', 'KILL'), '');
  t.equal(after('exit-code', '1'), '');
  t.equal(after('exit-code', '2'), 'sleep 3', 'a refused configuration');
  t.equal(after('exit-code', '4'), 'sleep 3', 'a missing privilege');
});
