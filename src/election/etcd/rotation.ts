/** What the choice needs to know of an endpoint. */
export interface Candidate {
  /** Its last call failed, or one has been without an answer for too long. */
  suspicious(): boolean;
}

/**
 * Which endpoint the next call goes to: the one that was good last, unless it is suspicious; then
 * the next that is not; and when all are, each in turn.
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
    for (let step = 0; step < this.#endpoints.length; step += 1) {
      const endpoint = this.#at(this.#preferred + step);
      if (!endpoint.suspicious()) return endpoint;
    }
    this.#turn += 1;
    return this.#at(this.#preferred + this.#turn);
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
