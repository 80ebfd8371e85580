import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ip } from '../../src/lab/ip.ts';
import { hostNamespace } from '../../src/lab/names.ts';
import { registerRun, sweepDeadRuns, unregisterRun } from '../../src/lab/registry.ts';
import { inNamespace } from '../fixtures/namespace.ts';

/** As `registerRun` says, below the /run that this test has to itself. */
const entry = (run: string): string => `/run/vip-elector-lab/${run}.json`;

await inNamespace(t, import.meta.url, async () => {
  await t.test('a run whose process is gone is swept, with all that runs in it', async (t) => {
    const dir = join(t.testdir({ data: { file: 'text' } }), 'data');
    const namespace = hostNamespace('dead', 0);
    await ip('netns', 'add', namespace);
    await registerRun('dead', dir);
    const child = spawn('ip', ['netns', 'exec', namespace, 'sleep', '1000'], { stdio: 'ignore' });
    await once(child, 'spawn');
    while (!(await ip('netns', 'pids', namespace)).includes(String(child.pid))) {
      t.equal(child.exitCode, null);
    }
    t.same(await sweepDeadRuns(), [], 'its process lives: nothing is touched');
    t.ok(existsSync(join(dir, 'file')));

    const owner = JSON.parse(readFileSync(entry('dead'), 'utf8')) as object;
    writeFileSync(entry('dead'), JSON.stringify({ ...owner, start: '1' }));
    const ended = once(child, 'exit');
    t.same(await sweepDeadRuns(), ['dead'], 'another process has that pid now');
    t.same(await ended, [null, 'SIGKILL']);
    t.equal((await ip('netns', 'list')).trim(), 'self');
    t.notOk(existsSync(dir));
    t.notOk(existsSync(entry('dead')));
  });

  await t.test('namespaces without an owner are swept, those of others are not', async (t) => {
    await ip('netns', 'add', hostNamespace('lost', 0));
    await ip('netns', 'add', 'someone');
    t.same(await sweepDeadRuns(), ['lost']);
    t.match(await ip('netns', 'list'), /someone/);
    t.notMatch(await ip('netns', 'list'), /lost/);
    await ip('netns', 'del', 'someone');
  });

  await t.test('a run that was disposed of is nobody’s', async (t) => {
    await registerRun('done', '/nowhere');
    await unregisterRun('done');
    await unregisterRun('done');
    t.same(await sweepDeadRuns(), []);
  });
});
