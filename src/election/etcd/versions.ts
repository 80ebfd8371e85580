import type { Emit } from '../../events.ts';
import { defectsOf } from './defects.ts';

/** What this needs to know of an endpoint. */
interface Asked {
  readonly url: string;
  readonly failure: string | undefined;
}

/**
 * Learns which version each member runs, once whenever it becomes reachable: an upgrade restarts it.
 * For people only: no decision rests on a version.
 */
export class Versions<E extends Asked> {
  readonly #emit: Emit;
  readonly #ask: (endpoint: E) => Promise<string>;
  readonly #asked = new Set<E>();
  readonly #told = new Map<E, string>();

  /** @param ask rejects when the endpoint does not tell */
  constructor(emit: Emit, ask: (endpoint: E) => Promise<string>) {
    this.#emit = emit;
    this.#ask = ask;
  }

  /** The endpoint answered, or failed to. */
  changed(endpoint: E): void {
    if (endpoint.failure !== undefined) {
      this.#asked.delete(endpoint);
      return;
    }
    if (this.#asked.has(endpoint)) return;
    this.#asked.add(endpoint);
    this.#ask(endpoint).then(
      (version) => this.#tell(endpoint, version),
      // Silence is the endpoint's news, told there; and who may not ask is not warned.
      () => undefined,
    );
  }

  #tell(endpoint: E, version: string): void {
    if (this.#told.get(endpoint) === version) return;
    this.#told.set(endpoint, version);
    this.#emit({
      type: 'etcd-version',
      endpoint: endpoint.url,
      version,
      defects: defectsOf(version),
    });
  }
}
