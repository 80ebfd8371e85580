/**
 * Loaded into a daemon before its own code (`node --import`): lets the lab make it suffer what comes
 * from outside a program, and leaves it as it is until then. On SIGUSR2 it reads its order.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Order } from './orders.ts';

const Sound = globalThis.Date;
let aheadMs = 0;

/** Every reading of the wall clock by JavaScript, that of the libraries included, comes by here. */
class ShiftedDate extends Sound {
  constructor(...given: []) {
    if (given.length === 0) super(ShiftedDate.now());
    else super(...given);
  }

  static override now(): number {
    return Sound.now() + aheadMs;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

const file = new URL(import.meta.url).searchParams.get('orders') ?? '';

process.on('SIGUSR2', () => {
  const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
  if (order.kind === 'wall-clock') {
    aheadMs = order.aheadMs;
    return;
  }
  const until = performance.now() + order.ms;
  // Busy on purpose: a loop that sleeps would be a process that is stopped, which is another fault.
  while (performance.now() < until);
});
