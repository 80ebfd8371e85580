import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { createLogger } from '../../src/observe/log.ts';

const WRITER = fileURLToPath(new URL('../fixtures/log-writer.ts', import.meta.url));

/** A process that logs, with its stdout where the test wants it. */
class Writer {
  readonly child: ChildProcess;
  readonly #said: AsyncIterator<string>;

  constructor(t: Test, stdout: 'pipe' | number) {
    const stdio: StdioOptions = ['pipe', stdout, 'pipe'];
    this.child = spawn(process.execPath, [...process.execArgv, WRITER], { stdio });
    t.teardown(() => this.child.kill('SIGKILL'));
    this.#said = createInterface({ input: this.child.stderr! })[Symbol.asyncIterator]();
  }

  /** Gives a command and waits until it says that it lives after that. */
  async tell(command: string): Promise<void> {
    this.child.stdin?.write(`${command}\n`);
    const { value } = await this.#said.next();
    if (value !== `did ${command}`) throw new Error(`the writer said: ${String(value)}`);
  }

  /** @returns its exit code */
  async end(): Promise<number | null> {
    const exited = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.stdin?.end();
    return (await exited)[0];
  }
}

await t.test('a line is JSON with time, level, fields and message', async (t) => {
  const lines: string[] = [];
  const logger = createLogger(
    { level: 'info', format: 'auto' },
    { write: (line) => void lines.push(line) },
  );
  logger.debug('not wanted');
  logger.warn({ link: 'end0' }, 'no carrier');
  t.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  t.same(rest, { level: 'warn', link: 'end0', msg: 'no carrier' });
  t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

await t.test('at level debug each line says when since boot it was written', async (t) => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  for (const level of ['debug', 'info'] as const) {
    const logger = createLogger({ level, format: 'json', bootUs: () => 1_234_567 }, sink);
    logger.info({ link: 'end0' }, 'up');
  }
  const [debug, info] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(debug, { bootUs: 1_234_567, link: 'end0', msg: 'up', time: /Z$/ });
  t.notHas(info, { bootUs: 1_234_567 }, 'otherwise it is left out');
});

await t.test('pretty is text for people, without colours where there is no terminal', async (t) => {
  const lines: string[] = [];
  const logger = createLogger(
    { level: 'info', format: 'pretty' },
    { write: (line) => void lines.push(line) },
  );
  logger.warn({ link: 'end0' }, 'no carrier');
  t.equal(lines.length, 1);
  t.match(lines[0], /^\[[-\d :.]+\] WARN: no carrier \{"link":"end0"\}\n$/);
});

await t.test('a pipe that nobody reads does not block, and lost lines are counted', async (t) => {
  const writer = new Writer(t, 'pipe');
  await writer.tell('burst');
  await writer.tell('burst');
  t.pass('it lives and goes on');
  let lost: number | undefined;
  let arrived = 0;
  for await (const line of createInterface({ input: writer.child.stdout! })) {
    const { msg, lines } = JSON.parse(line) as { msg: string; lines?: number };
    if (msg === 'burst') arrived += 1;
    else if (msg === 'log lines were dropped') {
      lost = lines;
      break;
    }
  }
  t.ok(arrived > 0 && lost !== undefined && lost > 0, 'some were lost');
  t.equal(arrived + (lost ?? 0), 8000, 'and all of them are accounted for');
});

await t.test('a pipe that nobody reads does not keep the process from ending', async (t) => {
  const writer = new Writer(t, 'pipe');
  await writer.tell('burst');
  const exited = once(writer.child, 'exit');
  writer.child.kill('SIGTERM');
  t.same(await exited, [null, 'SIGTERM']);
});

await t.test('a pipe whose reader has gone does not end the process', async (t) => {
  const writer = new Writer(t, 'pipe');
  await writer.tell('first');
  writer.child.stdout?.destroy();
  await once(writer.child.stdout!, 'close');
  await writer.tell('burst');
  await writer.tell('and on');
  t.equal(await writer.end(), 0);
});

await t.test('a full disk does not end the process', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const writer = new Writer(t, full);
  await writer.tell('burst');
  await writer.tell('and on');
  t.equal(await writer.end(), 0);
});

await t.test('into a file every line is written', async (t) => {
  const path = join(t.testdir({}), 'log');
  const file = openSync(path, 'w');
  t.teardown(() => closeSync(file));
  const writer = new Writer(t, file);
  await writer.tell('burst');
  t.equal(await writer.end(), 0);
  t.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 4000);
});
