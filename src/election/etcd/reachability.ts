import type { Emit } from '../../events.ts';
import type { StoreError } from '../store.ts';

/**
 * Tells of the changes of one endpoint, not of every failure: that it answers, that it does not, and
 * each thing that only a person can mend (certificate, login).
 */
export class Reachability {
  readonly #endpoint: string;
  readonly #emit: Emit;
  #reported: string | undefined;

  constructor(endpoint: string, emit: Emit) {
    this.#endpoint = endpoint;
    this.#emit = emit;
  }

  answered(): void {
    this.#report('reachable');
  }

  failed({ code, message }: StoreError): void {
    const needsPerson = code === 'CERTIFICATE' || code === 'UNAUTHENTICATED';
    this.#report(needsPerson ? message : 'unreachable', message);
  }

  #report(state: string, err?: string): void {
    if (state === this.#reported) return;
    this.#reported = state;
    const reachable = err === undefined;
    const event = { type: 'endpoint', endpoint: this.#endpoint, reachable } as const;
    this.#emit(reachable ? event : { ...event, err });
  }
}
