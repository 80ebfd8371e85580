import { elapsedMs, type Clock } from '../clock.ts';
import { describe } from '../errors.ts';
import type { Emit } from '../events.ts';
import { Judge, type Thresholds } from './judge.ts';
import type { Probe, Verdict } from './types.ts';

/** Where a round took longer than it should, the next one still comes this much later. */
const PAUSE_MIN_MS = 50;

export interface CheckupTiming extends Thresholds {
  /** From the start of a round to that of the next. */
  readonly everyMs: number;
  /** A probe without an answer after this has failed. */
  readonly timeoutMs: number;
}

export interface CheckupParts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly group: string;
  readonly probes: readonly Probe[];
  /** Told after each round. */
  readonly onRound: () => void;
}

/** Probes one group for as long as it is told to, and says what that came to. */
export class Checkup {
  readonly #parts: CheckupParts;
  readonly #timing: CheckupTiming;
  readonly #judge: Judge;
  /** Why each probe that failed last did so. */
  readonly #failures = new Map<string, string>();
  /** Probes that have answered, or not, at least once. */
  readonly #told = new Set<string>();

  /** @param verdict what an earlier checkup of the group came to */
  constructor(parts: CheckupParts, timing: CheckupTiming, verdict: Verdict = 'unknown') {
    this.#parts = parts;
    this.#timing = timing;
    this.#judge = new Judge(timing, verdict);
  }

  get verdict(): Verdict {
    return this.#judge.verdict;
  }

  /** What is wrong, or was until a moment ago, in words. */
  get detail(): string {
    const [first] = this.#failures;
    if (first !== undefined) return `${first[0]}: ${first[1]}`;
    if (this.verdict === 'unknown') return 'not probed yet';
    if (this.verdict === 'healthy') return '';
    const seconds = Math.ceil(this.#judge.waitsMs(this.#parts.clock.now()) / 1000);
    return `the probes succeed again, and must for ${seconds} s more`;
  }

  /** What fails now, by probe, in words. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /** Round after round, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onRound } = this.#parts;
    const { everyMs } = this.#timing;
    try {
      while (!signal.aborted) {
        const startedAt = clock.now();
        await this.#round(signal);
        if (signal.aborted) return;
        onRound();
        const restMs = everyMs - elapsedMs(startedAt, clock.now());
        await clock.sleep(Math.max(restMs, PAUSE_MIN_MS), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, emit, group, probes } = this.#parts;
    const answers = await Promise.all(probes.map((probe) => this.#ask(probe, signal)));
    if (signal.aborted) return;
    for (const [index, probe] of probes.entries()) this.#note(probe.name, answers[index]);
    const good = answers.every((err) => err === undefined);
    if (!this.#judge.round(good, clock.now())) return;
    const { detail } = this;
    const healthy = this.verdict === 'healthy';
    emit({ type: 'health', group, healthy, ...(detail !== '' && { detail }) });
  }

  #note(probe: string, err: string | undefined): void {
    const { emit, group } = this.#parts;
    const changed = this.#failures.has(probe) !== (err !== undefined) || !this.#told.has(probe);
    this.#told.add(probe);
    if (err === undefined) this.#failures.delete(probe);
    else this.#failures.set(probe, err);
    if (!changed) return;
    emit({ type: 'probe', group, probe, up: err === undefined, ...(err !== undefined && { err }) });
  }

  /** @returns undefined when it is as it should be, else what is wrong */
  async #ask(probe: Probe, signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#parts;
    const { timeoutMs } = this.#timing;
    const limit = new AbortController();
    const onAbort = (): void => limit.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    let cancel: (() => void) | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), {
        once: true,
      });
      const late = new Error(`no answer within ${timeoutMs} ms`);
      cancel = clock.timer(timeoutMs, () => limit.abort(late));
    });
    try {
      // One that does not heed its signal keeps nobody.
      await Promise.race([probe.ask(limit.signal), over]);
      return undefined;
    } catch (error) {
      return describe(error);
    } finally {
      cancel?.();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
