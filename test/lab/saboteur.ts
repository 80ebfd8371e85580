/** What a sabotaged daemon suffers, in a program that tells what it sees: the built module, as the lab loads it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import type { Order } from '../../src/lab/orders.ts';

const saboteur = new URL('../../dist/lab/saboteur.js', import.meta.url);
const PROGRAM = `
  import { createInterface } from 'node:readline';
  const tell = (at) => console.log(JSON.stringify({
    now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(), mono: performance.now(),
  }));
  tell();
  createInterface({ input: process.stdin }).on('line', tell);
`;

interface Told {
  readonly now: number;
  readonly made: number;
  readonly given: number;
  readonly mono: number;
}

/** The program's clock is about ours: within half an hour. */
function near({ now }: Told): boolean {
  return Math.abs(now - Date.now()) < 1_800_000;
}

await t.test('the wall clock jumps, a loop is blocked, and nothing before the order', async (t) => {
  const orders = join(t.testdir(), 'orders.json');
  const url = new URL(saboteur);
  url.searchParams.set('orders', orders);
  const args = ['--import', url.href, '--input-type=module', '--eval', PROGRAM];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Told> => JSON.parse(String((await lines.next()).value)) as Told;
  const order = async (given: Order, reached: (told: Told) => boolean): Promise<Told> => {
    writeFileSync(orders, JSON.stringify(given));
    child.kill('SIGUSR2');
    for (;;) {
      child.stdin.write('\n');
      const told = await next();
      if (reached(told)) return told;
    }
  };
  t.ok(near(await next()), 'sound until it is told otherwise');

  const ahead = await order({ kind: 'wall-clock', aheadMs: 3_600_000 }, (told) => !near(told));
  t.ok(ahead.now > Date.now() + 1_800_000, 'ahead');
  t.ok(ahead.made >= ahead.now, 'new Date() too');
  t.equal(ahead.given, 5, 'a date that is given is as given');
  t.ok(near(await order({ kind: 'wall-clock', aheadMs: 0 }, near)), 'and back');

  child.stdin.write('\n');
  let last = (await next()).mono;
  // Asked again and again, it answers at once, but for the one time that it does nothing else.
  const after = await order({ kind: 'block', ms: 500 }, ({ mono }) => {
    const gapMs = mono - last;
    last = mono;
    return gapMs >= 500;
  });
  t.ok(near(after), 'blocked, and sound again');
  child.stdin.end();
  const [code] = (await once(child, 'exit')) as [number | null];
  t.equal(code, 0);
});
