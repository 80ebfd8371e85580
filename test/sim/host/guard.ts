import { withoutFence } from '../../../src/config/profiles.ts';
import { HOLD_FOR_MIN_MS } from '../../../src/config/timing.ts';
import type { Timing } from '../../../src/config/types.ts';
import type { Emit } from '../../../src/events.ts';
import type { KernelGuard } from '../../../src/fencing/kernel-guard.ts';
import { LifetimeGuard } from '../../../src/fencing/lifetime-guard.ts';
import { NftablesGuard } from '../../../src/fencing/nftables-guard.ts';
import type { Network } from '../../../src/network/types.ts';
import type { Rng } from '../engine/rng.ts';
import { SimGate } from './gate.ts';
import type { Kernel } from './kernel.ts';
import type { Process } from './process.ts';

interface GuardSeams {
  readonly kernel: Kernel;
  readonly process: Process;
  readonly network: Network;
  readonly emit: Emit;
  readonly rng: Rng;
}

/**
 * The kernel's guard and the timing that it allows, as src/guard.ts has them. A kernel that refuses
 * makes no tables.
 */
export function simGuard(
  { kernel, process, network, emit, rng }: GuardSeams,
  wanted: Timing,
): { readonly guard: KernelGuard; readonly timing: Timing } {
  const { tables } = kernel;
  if (wanted.profile !== 'seconds' && kernel.trouble !== 'refuses') {
    const gate = new SimGate(kernel, process, rng);
    return { guard: new NftablesGuard({ gate, network, clock: process, emit }), timing: wanted };
  }
  const timing = wanted.profile === 'seconds' ? wanted : withoutFence(wanted, HOLD_FOR_MIN_MS);
  const removeLeft = (): void => {
    for (const address of tables.managed) tables.release(address);
  };
  const left = tables.managed.size > 0 ? removeLeft : undefined;
  return { guard: new LifetimeGuard(network, process, left), timing };
}
