import type { Clock } from '../clock.ts';
import type { LinkName } from './names.ts';
import type { LabNetwork } from './network.ts';
import type { Isolation } from './recording.ts';

/** What keeps a host off the LAN, or its daemon from etcd; remembers it, to judge and to heal. */
type FaultKind = 'cable-end0' | 'cable-mgmt0' | 'silent' | 'etcd-cut' | 'replies-lost';

interface Standing {
  readonly host: number;
  readonly kind: FaultKind;
  /** When it was complete; undefined when it does not isolate the host from the LAN. */
  readonly isolatedSince: number | undefined;
  readonly undo: () => Promise<void>;
}

/** Network faults of a lab. Each stands until it is healed. */
export class Faults {
  readonly #clock: Clock;
  readonly #network: LabNetwork;
  readonly #etcdPort: number;
  readonly #standing: Standing[] = [];
  readonly #past: Isolation[] = [];

  constructor(clock: Clock, network: LabNetwork, etcdPort: number) {
    this.#clock = clock;
    this.#network = network;
    this.#etcdPort = etcdPort;
  }

  /** Pulls the cable of a link: no carrier on either end. */
  async pullCable(host: number, link: LinkName): Promise<void> {
    await this.#inject(host, `cable-${link}`, link === 'end0', (on) =>
      this.#network.setCable(host, link, !on),
    );
  }

  /** Loses every frame of `end0` in both directions; its carrier stays. */
  async silence(host: number): Promise<void> {
    await this.#inject(host, 'silent', true, (on) => this.#network.setSilent(host, 'end0', on));
  }

  /** Keeps what runs on the host from every etcd member, its own included. */
  async cutFromEtcd(host: number): Promise<void> {
    await this.#inject(host, 'etcd-cut', false, (on) =>
      this.#network.setEtcdCut(host, this.#etcdPort, on),
    );
  }

  /** Loses every answer of etcd to what runs on the host; what it asks arrives. */
  async loseReplies(host: number, link: LinkName): Promise<void> {
    await this.#inject(host, 'replies-lost', false, (on) =>
      this.#network.setRepliesLost(host, link, this.#etcdPort, on),
    );
  }

  /** Undoes all that stands. */
  async heal(): Promise<void> {
    for (;;) {
      const fault = this.#standing.pop();
      if (fault === undefined) return;
      const { host, isolatedSince } = fault;
      // From the first moment at which it may be over, the host counts as reachable.
      if (isolatedSince !== undefined) {
        this.#past.push({ host, from: isolatedSince, to: this.#clock.now() });
      }
      await fault.undo();
    }
  }

  /** When hosts surely could not be reached on the LAN, up to now. */
  isolations(): Isolation[] {
    const now = this.#clock.now();
    const present = this.#standing.flatMap(({ host, isolatedSince }) =>
      isolatedSince === undefined ? [] : [{ host, from: isolatedSince, to: now }],
    );
    return [...this.#past, ...present];
  }

  async #inject(
    host: number,
    kind: FaultKind,
    isolates: boolean,
    set: (on: boolean) => Promise<void>,
  ): Promise<void> {
    await set(true);
    const isolatedSince = isolates ? this.#clock.now() : undefined;
    this.#standing.push({ host, kind, isolatedSince, undo: () => set(false) });
  }
}
