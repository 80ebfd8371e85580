import { once } from 'node:events';
import { Writable } from 'node:stream';
import t from 'tap';
import { PipeSink } from '../../src/observe/pipe-sink.ts';

/** A pipe whose reader takes a chunk only when told to. */
class SlowPipe extends Writable {
  readonly taken: string[] = [];
  #take: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 4, decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#take = () => {
      this.taken.push(chunk);
      done();
    };
  }

  /** The reader takes all that waits. */
  async takeAll(): Promise<void> {
    while (this.writableLength > 0) {
      this.#take?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

await t.test('lines for which there is no room are dropped, counted and told of', async (t) => {
  const pipe = new SlowPipe();
  const dropped: number[] = [];
  const sink = new PipeSink(pipe, 10, (lines) => dropped.push(lines));
  for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n']) sink.write(line);
  t.same(dropped, [], 'not before there is room again');
  await pipe.takeAll();
  t.same(pipe.taken, ['aaaa\n', 'bbbb\n']);
  t.same(dropped, [2]);
  sink.write('eeee\n');
  await pipe.takeAll();
  t.same(pipe.taken.at(-1), 'eeee\n');
  t.same(dropped, [2], 'once');
});

await t.test('after its reader has gone, lines go nowhere and nothing is thrown', async (t) => {
  const pipe = new SlowPipe();
  const sink = new PipeSink(pipe, 100, () => t.fail('nothing was dropped'));
  const closed = once(pipe, 'close');
  pipe.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await closed.catch((error: unknown) => t.match(error, { code: 'EPIPE' }));
  const written = t.capture(pipe, 'write');
  sink.write('aaaa\n');
  t.same(written(), []);
});
