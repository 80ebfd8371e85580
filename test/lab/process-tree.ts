import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { processTree, signalAll } from '../../src/lab/process-tree.ts';

await t.test('a process with its children and theirs; one that has ended has none', async (t) => {
  // The shell starts another, which starts a sleep, and says so when both are there.
  const script = "sh -c 'sleep 60 & echo up; wait' & wait";
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const pids = processTree(pid);
  t.equal(pids.length, 3);
  t.equal(pids[0], pid);
  const ended = once(child, 'exit');
  signalAll(pids, 'SIGKILL');
  await ended;
  t.strictSame(processTree(pid), [pid]);
  t.doesNotThrow(() => signalAll([pid], 'SIGKILL'), 'nobody is left, and nothing wrong');
});
