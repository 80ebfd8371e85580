import type { Clock } from '../clock.ts';
import type { Emit, GroupState } from '../events.ts';
import {
  initialState,
  step,
  type MachineAction,
  type MachineEvent,
  type MachineState,
} from './machine.ts';

/** Where one group stands in its life (machine.ts), and since when; every transition is told. */
export class Life {
  readonly #group: string;
  readonly #clock: Clock;
  readonly #emit: Emit;
  #state = initialState();
  #sinceMs: number;

  constructor(group: string, clock: Clock, emit: Emit) {
    this.#group = group;
    this.#clock = clock;
    this.#emit = emit;
    this.#sinceMs = clock.wallMs();
  }

  get name(): GroupState {
    return this.#state.name;
  }

  get state(): MachineState {
    return this.#state;
  }

  /** Wall-clock milliseconds at which it came into its state. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Lets an event happen. Returns what is to be done now. */
  step(event: MachineEvent): readonly MachineAction[] {
    const before = this.#state;
    const { state, actions } = step(before, event);
    this.#state = state;
    if (state.name !== before.name) {
      const { name, reason, detail } = state;
      this.#sinceMs = this.#clock.wallMs();
      const transition = { group: this.#group, from: before.name, to: name, reason } as const;
      const more = detail === '' ? {} : { detail };
      this.#emit({ type: 'transition', ...transition, ...more });
    }
    return actions;
  }
}
