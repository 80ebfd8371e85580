import type { Announcer } from './announce/announcer.ts';
import { withoutFence } from './config/profiles.ts';
import { HOLD_FOR_MIN_MS } from './config/timing.ts';
import type { Timing } from './config/types.ts';
import type { Elector } from './election/elector.ts';
import { OperatorError } from './errors.ts';
import type { FenceStatus } from './observe/status.ts';

/** A timing that is in use, and the kernel's guard that it rests on. */
export interface InUse {
  readonly timing: Timing;
  readonly fence: Pick<FenceStatus, 'kind' | 'err'>;
}

/**
 * What becomes of a wanted timing beside the guard that a running daemon has.
 * @throws OperatorError for one that needs another guard, or another lease
 */
export function timingBeside({ timing, fence }: InUse, wanted: Timing): Timing {
  // Asked for in vain at the start: what is run instead (guard.ts).
  const instead = fence.kind === 'address-lifetime' && fence.err !== undefined;
  const seconds = wanted.profile === 'seconds';
  if (seconds !== (fence.kind === 'address-lifetime') && !instead) {
    const now = seconds ? 'another profile' : 'profile seconds';
    throw new OperatorError(
      `profile: ${wanted.profile} cannot come after ${now} while the daemon runs, for it rests on another guard of the kernel: restart it, which resumes what it holds`,
    );
  }
  if (wanted.leaseTtlMs !== timing.leaseTtlMs) {
    throw new OperatorError(
      `the lease of ${timing.leaseTtlMs / 1000} s cannot become one of ${wanted.leaseTtlMs / 1000} s while the daemon runs: restart it, which resumes what it holds`,
    );
  }
  return instead && !seconds ? withoutFence(wanted, HOLD_FOR_MIN_MS) : wanted;
}

interface TempoParts {
  /** As the guard allows it. */
  readonly timing: Timing;
  readonly fence: FenceStatus;
  readonly elector: Pick<Elector, 'retime'>;
  readonly announcer: Pick<Announcer, 'everyMs'>;
}

/** The timing of a running daemon: who goes by it later asks here. */
export class Tempo {
  readonly #elector: TempoParts['elector'];
  readonly #announcer: TempoParts['announcer'];
  #timing: Timing;
  #fence: FenceStatus;

  constructor({ timing, fence, elector, announcer }: TempoParts) {
    this.#timing = timing;
    this.#fence = fence;
    this.#elector = elector;
    this.#announcer = announcer;
  }

  get timing(): Timing {
    return this.#timing;
  }

  /** The guard, and the profile in use. */
  get fence(): FenceStatus {
    return this.#fence;
  }

  /** Whether it may be changed to. @throws OperatorError */
  check(wanted: Timing): void {
    timingBeside({ timing: this.#timing, fence: this.#fence }, wanted);
  }

  /** From now on. What is held stays held. @throws OperatorError as `check` does, with nothing changed */
  change(wanted: Timing): void {
    const timing = timingBeside({ timing: this.#timing, fence: this.#fence }, wanted);
    this.#timing = timing;
    this.#fence = { ...this.#fence, profile: timing.profile };
    this.#announcer.everyMs = timing.announceEveryMs;
    this.#elector.retime(timing);
  }
}
