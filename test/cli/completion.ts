// Completion in a real bash, of commands, options and values.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { complete } from '../../src/cli/completion.ts';
import { ControlSocket } from '../../src/observe/control-socket.ts';
import { REPORT } from '../fixtures/http-server.ts';

const ASKED = ['--get-yargs-completions', 'vip-elector'];
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

await t.test('values: what is fixed, and the links of this host', async (t) => {
  t.strictSame(await complete([...ASKED, 'run', '--profile', 's']), ['steady', 'seconds']);
  t.strictSame(await complete([...ASKED, 'lab', '--scenario', 'ki']), ['kill']);
  t.strictSame(await complete([...ASKED, 'run', '--link', 'au']), ['auto']);
  t.notOk((await complete([...ASKED, 'run', '--link', '']))?.includes('lo'));
  t.equal(await complete([...ASKED, 'run', '--']), undefined, 'options are known to yargs');
  t.equal(await complete(['run', '--profile', 's']), undefined, 'nobody asks');
});

await t.test('groups and nodes, as the daemon here tells them', async (t) => {
  const runtimeDir = mkdtempSync(join(tmpdir(), 'vip-elector-'));
  t.teardown(() => rmSync(runtimeDir, { recursive: true }));
  const candidate = { leaseId: 'a', revision: 1, foreign: false, mine: false, alive: true };
  const group = (name: string) => ({
    name,
    state: 'leading' as const,
    reason: null,
    since: '',
    leader: null,
    revision: null,
    vips: [],
    candidates: [
      { ...candidate, node: 'n1', mine: true },
      { ...candidate, node: 'n2' },
      { ...candidate, node: '$(reboot)' },
      { ...candidate, node: 'talos', foreign: true },
    ],
  });
  const status = () => ({ ...REPORT, groups: [group('api'), group('web')] });
  const socket = new ControlSocket({ runtimeDir, status, emit: () => undefined });
  await socket.start(new AbortController().signal);
  t.teardown(() => socket.stop());
  const on = ['handover', '--runtime-dir', runtimeDir];
  t.strictSame(await complete([...ASKED, ...on, '--group', '']), ['api', 'web']);
  t.strictSame(await complete([...ASKED, ...on, '--to', '']), ['n2'], 'who could take it');
  const none = ['handover', '--runtime-dir', join(runtimeDir, 'none'), '--to', ''];
  const from = systemClock.now();
  t.strictSame(await complete([...ASKED, ...none]), []);
  t.ok(systemClock.now() - from < 2000);
});

await t.test('in bash, with the script that `completion` prints', async (t) => {
  const bin = t.testdir({
    'vip-elector': `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`,
  });
  const ask = (words: string[]): string[] => {
    const script = `
      chmod +x ${bin}/vip-elector; PATH=${bin}:$PATH
      source <(vip-elector completion)
      COMP_WORDS=(vip-elector ${words.map((each) => `'${each}'`).join(' ')})
      COMP_CWORD=${words.length}
      $(complete -p vip-elector | sed 's/.*-F \\([^ ]*\\).*/\\1/') vip-elector
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };
  t.strictSame(ask(['hand']), ['handover']);
  t.ok(ask(['handover', '--t']).includes('--to'));
  t.strictSame(ask(['run', '--profile', 'ste']), ['steady']);
});
