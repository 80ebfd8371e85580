/** Asks one thing whether this node should hold a group. */
export interface Probe {
  /** As the operator wrote it. */
  readonly name: string;
  /**
   * Asks once. Resolves when it is as it should be.
   * @param signal aborts when the time is over, or the daemon stops: it then ends by itself
   * @throws Error that says what is wrong
   */
  ask(signal: AbortSignal): Promise<void>;
}

/** What the probes of a group came to. `unknown`: before the first round is over. */
export type Verdict = 'unknown' | 'healthy' | 'unhealthy';
