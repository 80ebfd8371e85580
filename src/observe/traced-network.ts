import type { Emit } from '../events.ts';
import type { Link, LinkAddress, Network, NetworkEvent, Vip } from '../network/types.ts';
import { TracedCalls } from './traced-calls.ts';

/** A network whose changes of addresses, and whose dumps of them, are told; the rest is its own. */
export class TracedNetwork implements Network {
  readonly marksAddresses: boolean;
  readonly #network: Network;
  readonly #calls: TracedCalls;

  constructor(network: Network, emit: Emit) {
    this.marksAddresses = network.marksAddresses;
    this.#network = network;
    this.#calls = new TracedCalls('kernel', emit);
  }

  links(): Promise<Link[]> {
    return this.#network.links();
  }

  addresses(): Promise<LinkAddress[]> {
    return this.#calls.told('addresses', [], () => this.#network.addresses());
  }

  assign(linkIndex: number, vip: Vip, validSeconds: number): Promise<void> {
    return this.#calls.told('assign', [vip.address], () =>
      this.#network.assign(linkIndex, vip, validSeconds),
    );
  }

  withdraw(linkIndex: number, vip: Vip): Promise<void> {
    return this.#calls.told('withdraw', [vip.address], () =>
      this.#network.withdraw(linkIndex, vip),
    );
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    return this.#network.watch(listener);
  }
}
