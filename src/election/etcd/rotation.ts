/** What the choice needs to know of an endpoint. */
export interface Candidate {
  /** Its last call failed, or one has been without an answer for too long. */
  suspicious(): boolean;
  /** A call has been without an answer for longer than calls here take. */
  slow(): boolean;
  /** How long calls here take, in milliseconds; undefined before the first answer. */
  readonly latencyMs: number | undefined;
}

/** Another endpoint is preferred when it takes less than this share, and so much less in milliseconds. */
const QUICKER_SHARE = 0.6;
const QUICKER_MS = 1;

/**
 * Which endpoint the next call goes to: the one that was good last, unless it is suspicious or slow to
 * answer right now; then the next that is neither; and when all are suspicious, each in turn.
 */
export class Rotation<E extends Candidate> {
  readonly #endpoints: readonly E[];
  #preferred = 0;
  #turn = 0;

  /** In the order of preference, at least one. */
  constructor(endpoints: readonly E[]) {
    this.#endpoints = endpoints;
  }

  /** The endpoint that calls go to as long as nothing is wrong with it. */
  get preferred(): E {
    return this.#at(this.#preferred);
  }

  pick(): E {
    let good: E | undefined;
    for (let step = 0; step < this.#endpoints.length; step += 1) {
      const endpoint = this.#at(this.#preferred + step);
      if (endpoint.suspicious()) continue;
      if (!endpoint.slow()) return endpoint;
      good ??= endpoint;
    }
    if (good !== undefined) return good;
    this.#turn += 1;
    return this.#at(this.#preferred + this.#turn);
  }

  /** Prefers an endpoint that takes clearly less time than the one preferred, if there is one. */
  settle(): void {
    const { latencyMs } = this.preferred;
    if (latencyMs === undefined) return;
    let most = Math.min(latencyMs * QUICKER_SHARE, latencyMs - QUICKER_MS);
    for (const [index, endpoint] of this.#endpoints.entries()) {
      if (endpoint.suspicious() || endpoint.latencyMs === undefined) continue;
      if (endpoint.latencyMs >= most) continue;
      most = endpoint.latencyMs;
      this.#preferred = index;
      this.#turn = 0;
    }
  }

  /** An endpoint answered: it becomes the preferred one if that is in doubt. */
  answered(endpoint: E): void {
    if (endpoint === this.preferred || !this.preferred.suspicious()) return;
    this.#preferred = this.#endpoints.indexOf(endpoint);
    this.#turn = 0;
  }

  #at(index: number): E {
    const endpoint = this.#endpoints[index % this.#endpoints.length];
    if (!endpoint) throw new Error('etcd without endpoints');
    return endpoint;
  }
}
