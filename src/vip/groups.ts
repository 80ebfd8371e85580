import type { Instant } from '../clock.ts';
import type { ElectionListener, Proof, QueueView } from '../election/types.ts';
import type { Reason } from '../events.ts';
import type { NetworkEvent } from '../network/types.ts';
import type { GroupController } from './controller.ts';
import type { Fault } from './machine.ts';

/** All groups of this node: hands each what concerns it. */
export class Groups implements ElectionListener {
  readonly #controllers = new Map<string, GroupController>();

  add(controller: GroupController): void {
    this.#controllers.set(controller.group.name, controller);
  }

  remove(name: string): void {
    this.#controllers.delete(name);
  }

  all(): GroupController[] {
    return [...this.#controllers.values()];
  }

  get(name: string): GroupController | undefined {
    return this.#controllers.get(name);
  }

  onQueue(group: string, view: QueueView): void {
    this.#controllers.get(group)?.onQueue(view);
  }

  onTaken(group: string, proof: Proof, resumed: boolean): void {
    this.#controllers.get(group)?.onTaken(proof, resumed);
  }

  onProved(group: string, proof: Proof): void {
    this.#controllers.get(group)?.onProved(proof);
  }

  onDue(group: string, at: Instant): void {
    this.#controllers.get(group)?.onDue(at);
  }

  onBarred(bar: Fault | undefined): void {
    for (const controller of this.all()) controller.onBarred(bar);
  }

  onLost(group: string, _token: unknown, reason: Reason, detail: string): void {
    this.#controllers.get(group)?.onLost(reason, detail);
  }

  onNetwork(event: NetworkEvent | undefined): void {
    for (const controller of this.all()) controller.onNetwork(event);
  }
}
