import type { Clock } from '../../clock.ts';
import { StoreError } from '../store.ts';
import type { Send } from './attempt.ts';
import type { Endpoint } from './endpoint.ts';
import type { Rotation } from './rotation.ts';

/** Suspicious endpoints, and the one that a quiet watch hangs on, are asked this often. */
const DOUBTS_EVERY_MS = 1_000;
/** All are asked this often how long they take. */
const COMPARE_EVERY_MS = 10_000;
const DEADLINE_MS = 1_000;
/** Linearizable, so an answer proves a quorum; a refusal for want of rights comes after it, too. */
const PROBE: Send = (connection, context) =>
  connection.unary('KV', 'range', { key: Buffer.from('vip-elector'), count_only: true }, context);

export interface ProbesParts {
  readonly clock: Clock;
  readonly endpoints: readonly Endpoint[];
  readonly rotation: Rotation<Endpoint>;
  /** Aborts when the store closes. */
  readonly closed: AbortSignal;
}

/** Asks endpoints that get no calls: those in doubt whether they serve again, all how quick they are. */
export class Probes {
  readonly #parts: ProbesParts;
  readonly #underWay = new Set<Endpoint>();
  #cancelDoubts: (() => void) | undefined;
  #cancelCompare: (() => void) | undefined;

  constructor(parts: ProbesParts) {
    this.#parts = parts;
    if (parts.endpoints.length > 1) this.#compareLater();
  }

  /** Asks again and again, as long as an endpoint is in doubt or a watch is on one that gets no calls. */
  arm(): void {
    const { clock, closed } = this.#parts;
    if (this.#cancelDoubts || closed.aborted || this.#doubtful().length === 0) return;
    this.#cancelDoubts = clock.timer(DOUBTS_EVERY_MS, () => {
      this.#cancelDoubts = undefined;
      this.#askAll(this.#doubtful());
      this.arm();
    });
  }

  /** Asks one endpoint, if it is not being asked already. @throws StoreError */
  async ask(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    if (this.#underWay.has(endpoint)) return;
    this.#underWay.add(endpoint);
    try {
      await endpoint.call('probe', PROBE, () => undefined, { deadlineMs: DEADLINE_MS, signal });
    } finally {
      this.#underWay.delete(endpoint);
    }
  }

  stop(): void {
    this.#cancelDoubts?.();
    this.#cancelCompare?.();
  }

  #compareLater(): void {
    const { clock, endpoints, rotation } = this.#parts;
    this.#cancelCompare = clock.timer(COMPARE_EVERY_MS, () => {
      rotation.settle();
      this.#askAll(endpoints.filter((each) => !each.suspicious()));
      this.#compareLater();
    });
  }

  #askAll(endpoints: readonly Endpoint[]): void {
    const { closed } = this.#parts;
    // A failure is the endpoint's news, reported there.
    for (const endpoint of endpoints) this.ask(endpoint, closed).catch(() => undefined);
  }

  #doubtful(): readonly Endpoint[] {
    const { endpoints, rotation } = this.#parts;
    return endpoints.filter(
      (endpoint) => endpoint.suspicious() || (endpoint.watched && endpoint !== rotation.preferred),
    );
  }
}

/** etcd answered, and refused the one who asked: as good an answer as any. */
export function isRefusal(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'PERMISSION_DENIED';
}
