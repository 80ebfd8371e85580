import type { Clock } from './clock.ts';
import { withoutFence } from './config/profiles.ts';
import { HOLD_FOR_MIN_MS } from './config/timing.ts';
import type { Timing } from './config/types.ts';
import { describe } from './errors.ts';
import type { Emit } from './events.ts';
import type { KernelGuard } from './fencing/kernel-guard.ts';
import { LifetimeGuard } from './fencing/lifetime-guard.ts';
import { NftablesGate } from './fencing/nftables-gate.ts';
import { NftablesGuard } from './fencing/nftables-guard.ts';
import { FenceTable } from './fencing/nftables/fence-table.ts';
import { leftoverFence } from './fencing/nftables/leftover.ts';
import type { Network } from './network/types.ts';
import type { FenceStatus } from './observe/status.ts';
import type { Opened } from './opened.ts';

interface GuardParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** The kernel's guard of this daemon, and the timing that it allows. */
export interface Guarding {
  readonly guard: KernelGuard;
  readonly timing: Timing;
  readonly fence: FenceStatus;
}

/**
 * Opens the kernel's guard that the profile asks for; where the kernel has no millisecond fence, that of
 * profile `seconds`, with its timing. Tells which.
 * @param opened keeps how to close it
 */
export function openGuard(parts: GuardParts, wanted: Timing, opened: Opened): Guarding {
  const { network, clock, emit } = parts;
  const tell = (guarding: Guarding): Guarding => {
    emit({ type: 'fence', ...guarding.fence });
    return guarding;
  };
  let err: string | undefined;
  if (wanted.profile !== 'seconds') {
    try {
      const gate = new NftablesGate(FenceTable.open(), emit);
      opened.add(() => gate.close());
      opened.add(forgetLinks(parts, gate));
      const guard = new NftablesGuard({ gate, network, clock, emit });
      const { egress } = gate;
      const fence: FenceStatus = { kind: guard.kind, profile: wanted.profile, egress };
      return tell({ guard, timing: wanted, fence });
    } catch (error) {
      err = describe(error);
    }
  }
  const timing = wanted.profile === 'seconds' ? wanted : withoutFence(wanted, HOLD_FOR_MIN_MS);
  const left = leftoverFence();
  const guard = new LifetimeGuard(network, clock, left && ((): void => left.remove()));
  const fence: FenceStatus = {
    kind: guard.kind,
    profile: timing.profile,
    egress: false,
    ...(err !== undefined && { err }),
  };
  return tell({ guard, timing, fence });
}

/** Tells the gate of links that are gone. @returns the way to stop */
function forgetLinks({ network, emit }: GuardParts, gate: NftablesGate): () => void {
  return network.watch((event) => {
    if (event.type !== 'link-removed') return;
    try {
      gate.linkRemoved(event.link.index);
    } catch (error) {
      emit({ type: 'fence-failed', err: error });
    }
  });
}
