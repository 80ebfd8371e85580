import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { runCommand, type CommandParts } from '../../src/hooks/command.ts';
import { until } from '../fixtures/program.ts';
import { script } from '../fixtures/script.ts';

const run = (program: string, over: Partial<CommandParts> = {}) =>
  runCommand({
    program,
    env: { PATH: '/usr/bin:/bin' },
    timeoutMs: 5000,
    clock: systemClock,
    signal: new AbortController().signal,
    ...over,
  });

const isAlive = (pid: number): boolean => {
  try {
    // A zombie, which nobody in a container may fetch, is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** A script that never ends, and has a child that does not either; both write down who they are. */
function hanging(t: Test): { program: string; pids: () => Promise<number[]> } {
  const file = join(t.testdir(), 'pids');
  const program = script(
    t,
    `sleep 1000 & echo $! $$ > ${file}.draft; mv ${file}.draft ${file}; wait`,
  );
  const pids = () =>
    until('it runs', () =>
      existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : undefined,
    );
  return { program, pids };
}

await t.test('it ends with 0 in the environment that it is given', async (t) => {
  const env = { PATH: '/usr/bin:/bin', FACT: 'a b', FILE: join(t.testdir(), 'facts') };
  t.equal(await run(script(t, 'echo "$FACT,$#,$HOME" > $FILE'), { env }), undefined);
  t.equal(readFileSync(env.FILE, 'utf8'), 'a b,0,\n');
});

await t.test('how it failed, with what it said', async (t) => {
  t.equal(await run(script(t, 'exit 3')), 'exited with 3');
  t.equal(await run(script(t, 'echo no such route >&2; exit 1')), 'exited with 1: no such route');
  t.equal(await run(script(t, 'kill -USR1 $$')), 'was ended by SIGUSR1');
  t.match(await run('/no/such/hook'), /^cannot be run: spawn \/no\/such\/hook ENOENT$/);
  const much = await run(script(t, 'head -c 100000 /dev/zero | tr "\\0" x >&2; exit 1'));
  t.equal(much?.length, 'exited with 1: '.length + 500, 'the end of it is not kept');
});

await t.test('one that hangs is killed, with all that it has started', async (t) => {
  const { program, pids } = hanging(t);
  const running = run(program, { timeoutMs: 300 });
  const [child = 0, shell = 0] = await pids();
  t.ok(isAlive(child) && isAlive(shell), 'both run');
  t.equal(await running, 'was killed after 300 ms');
  await until('both are dead', () => (!isAlive(child) && !isAlive(shell)) || undefined);
});

await t.test(
  'what has left its process group and keeps its output open is not waited for',
  async (t) => {
    const { program, pids } = hanging(t);
    const outer = script(t, `setsid ${program} & exit 0`);
    t.equal(await run(outer), undefined);
    const [child = 0, shell = 0] = await pids();
    process.kill(shell, 'SIGKILL');
    process.kill(child, 'SIGKILL');
  },
);

await t.test('a stop kills at once, and starts none', async (t) => {
  const { program, pids } = hanging(t);
  const stop = new AbortController();
  const running = run(program, { signal: stop.signal });
  const [child = 0] = await pids();
  stop.abort();
  t.equal(await running, 'was killed: the daemon stops');
  await until('it is dead', () => !isAlive(child) || undefined);
  t.equal(await run(program, { signal: stop.signal }), 'was not started: the daemon stops');
});
