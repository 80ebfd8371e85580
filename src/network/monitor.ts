import { describe } from '../errors.ts';
import type { Clock } from '../clock.ts';
import type { Emit } from '../events.ts';
import { sameVip } from './address.ts';
import type { Link, LinkAddress, Network, NetworkEvent } from './types.ts';

/** A slow look at everything, whatever the events said: netlink may lose some. */
const REFRESH_EVERY_MS = 10_000;
/** After a dump that failed; the slow look comes when these were not enough. */
const RETRY_MS = 500;
const MAX_FAILURES = 3;
/** Dumps in a row of a network that changes during each: its events will tell the rest. */
const MAX_DUMPS = 3;

interface MonitorParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Whether we put this address there, where the kernel keeps no mark. */
  readonly isRecorded: (link: string, address: string) => boolean;
}

/** What changed: one event of the kernel, or (undefined) everything was read anew. */
export type MonitorListener = (event: NetworkEvent | undefined) => void;

/** The host's links and addresses as last told by the kernel: read once, then kept by its events. */
export class NetworkMonitor {
  links: readonly Link[] = [];
  /** Our own marked, also where the kernel keeps no mark. In kernel order after each dump. */
  addresses: readonly LinkAddress[] = [];
  readonly #parts: MonitorParts;
  readonly #listeners = new Set<MonitorListener>();
  #unwatch: (() => void) | undefined;
  #refreshing: Promise<void> | undefined;
  #again = false;
  /** An event came since the dump began: the dump may be older than what the event said. */
  #changed = false;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** Begins to follow the kernel. @throws NetworkError when the first dump fails */
  async start(): Promise<void> {
    // Events first: what changes during the dump is then not missed.
    this.#unwatch = this.#parts.network.watch((event) => this.#on(event));
    await this.#dump();
  }

  /** Reads everything now and then until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#parts.clock.sleep(REFRESH_EVERY_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      await this.refresh();
    }
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  subscribe(listener: MonitorListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  linkName(index: number): string {
    return this.links.find((link) => link.index === index)?.name ?? `#${index}`;
  }

  /** Reads everything; calls made meanwhile share one more read. Failures are reported, not thrown. */
  async refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      await this.#refreshing;
      return;
    }
    this.#refreshing = this.#refreshUntilQuiet();
    try {
      await this.#refreshing;
    } finally {
      this.#refreshing = undefined;
    }
  }

  async #refreshUntilQuiet(): Promise<void> {
    let failures = 0;
    do {
      this.#again = false;
      try {
        await this.#dump();
      } catch (error) {
        this.#parts.emit({ type: 'network-overrun', err: describe(error) });
        await this.#parts.clock.sleep(RETRY_MS);
        failures += 1;
        this.#again = failures < MAX_FAILURES;
      }
    } while (this.#again && this.#unwatch !== undefined);
  }

  async #dump(): Promise<void> {
    const { network } = this.#parts;
    for (let dumps = 0; dumps === 0 || (this.#changed && dumps < MAX_DUMPS); dumps += 1) {
      this.#changed = false;
      const links = await network.links();
      const addresses = await network.addresses();
      this.links = links;
      this.addresses = addresses.map((address) => this.#marked(address));
    }
    this.#tell(undefined);
  }

  #marked(address: LinkAddress): LinkAddress {
    const { network, isRecorded } = this.#parts;
    if (network.marksAddresses || address.ours) return address;
    const ours = isRecorded(this.linkName(address.linkIndex), address.address);
    return ours ? { ...address, ours } : address;
  }

  #tell(event: NetworkEvent | undefined): void {
    for (const listener of this.#listeners) listener(event);
  }

  #on(event: NetworkEvent): void {
    this.#changed = true;
    switch (event.type) {
      case 'overrun':
        this.#parts.emit({ type: 'network-overrun', err: event.err });
        void this.refresh();
        return;
      case 'link-changed':
        this.links = [...this.links.filter(({ index }) => index !== event.link.index), event.link];
        break;
      case 'link-removed':
        this.links = this.links.filter(({ index }) => index !== event.link.index);
        this.addresses = this.addresses.filter(({ linkIndex }) => linkIndex !== event.link.index);
        break;
      case 'address-added': {
        const address = this.#marked(event.address);
        const at = this.addresses.findIndex((each) => sameSpot(each, address));
        this.addresses =
          at === -1 ? [...this.addresses, address] : this.addresses.with(at, address);
        this.#tell({ type: 'address-added', address });
        // Only a dump tells the order, and only an address that is not ours can have changed it.
        if (at === -1 && !address.ours) void this.refresh();
        return;
      }
      case 'address-removed':
        this.addresses = this.addresses.filter((each) => !sameSpot(each, event.address));
        this.#tell({ type: 'address-removed', address: this.#marked(event.address) });
        return;
    }
    this.#tell(event);
  }
}

function sameSpot(one: LinkAddress, other: LinkAddress): boolean {
  return one.linkIndex === other.linkIndex && sameVip(one, other);
}
