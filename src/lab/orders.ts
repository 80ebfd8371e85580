import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from './host.ts';

/** What a sabotaged daemon can be told to suffer. */
export type Order =
  /** Its event loop does nothing else for so long. */
  | { readonly kind: 'block'; readonly ms: number }
  /** From now on its wall clock is so far ahead of the machine's; negative: behind. */
  | { readonly kind: 'wall-clock'; readonly aheadMs: number };

/** Where a daemon with this runtime directory looks for its order. */
export function ordersFile(runtimeDir: string): string {
  return join(runtimeDir, 'sabotage.json');
}

/** Gives an order to the daemon of a host, whose lab needs the saboteur. */
export async function sabotage(host: LabHost, order: Order): Promise<void> {
  await writeFile(ordersFile(host.runtimeDir), JSON.stringify(order));
  host.signal('SIGUSR2');
}
