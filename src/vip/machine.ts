/**
 * The life of one group on this node. Pure: state and event in, state and actions out.
 *
 * | state       | queue         | taken         | assigned | assign-failed | lost, expired | fault        | cleared    | withdrawn            | yield        | stop         |
 * |-------------|---------------|---------------|----------|---------------|---------------|--------------|------------|----------------------|--------------|--------------|
 * | following   | campaigning¹⁵ | assigning ⁵   | –        | –             | withdrawing   | faulted      | –          | –                    | –            | withdrawing³ |
 * | campaigning | following²    | assigning     | –        | –             | withdrawing   | faulted      | –          | –                    | –            | withdrawing³ |
 * | assigning   | –             | –             | leading  | withdrawing³  | withdrawing   | withdrawing³ | –          | –                    | withdrawing³ | withdrawing³ |
 * | leading     | –             | –             | –        | withdrawing³  | withdrawing   | withdrawing³ | –          | –                    | withdrawing³ | withdrawing³ |
 * | withdrawing | –             | – ⁴           | –        | –             | –             | (kept)       | (dropped)  | following or faulted | –            | (kept)       |
 * | faulted     | –             | withdrawing³  | –        | –             | withdrawing   | faulted      | following⁵ | –                    | –            | withdrawing³ |
 *
 * ¹ nobody else leads ² somebody else leads ³ and release, once the kernel confirmed
 * ⁴ a taking confirmed too late is released with the rest
 * ⁵ once stopping it stays, and a taking that still comes is withdrawn and released
 *
 * Release is always: silence, withdraw, confirmation by the kernel, then and only then `release`.
 */
import type { GroupState, Reason } from '../events.ts';

/** Why the group cannot be held here. */
export interface Fault {
  readonly reason: Reason;
  readonly detail: string;
}

export interface MachineState {
  readonly name: GroupState;
  /** Why it is in this state. */
  readonly reason: Reason;
  readonly detail: string;
  /** While it lasts the group does not campaign. */
  readonly fault: Fault | undefined;
  /** Withdrawing: our claim is still good and is given up afterwards, for this reason. */
  readonly release: Reason | undefined;
  readonly stopping: boolean;
}

export type MachineEvent =
  /** The queue as last read: `other` leads, or nobody but us. */
  | { readonly type: 'queue'; readonly otherLeads: boolean }
  /** `reason`: why it was stood for, where that is no usual candidacy. */
  | { readonly type: 'taken'; readonly resumed: boolean; readonly reason?: Reason | undefined }
  /** Every VIP is on its link, acknowledged. */
  | { readonly type: 'assigned' }
  | { readonly type: 'assign-failed'; readonly detail: string }
  /** The token is gone. */
  | { readonly type: 'lost'; readonly reason: Reason; readonly detail: string }
  /** The deadline passed, or the machine was suspended: the right may come back. */
  | { readonly type: 'expired'; readonly reason: Reason; readonly detail: string }
  | { readonly type: 'fault'; readonly fault: Fault }
  | { readonly type: 'fault-cleared' }
  /** What is held is given up for another, and stood for anew behind it. */
  | { readonly type: 'yield'; readonly reason: Reason; readonly detail: string }
  /** The kernel confirmed by a dump that no address of the group is on any link. */
  | { readonly type: 'withdrawn' }
  /** For good. `reason`: why, where it is not the daemon that ends. */
  | { readonly type: 'stop'; readonly reason?: Reason | undefined };

export type MachineAction =
  /** Put the VIPs on the link while the fence is open. */
  | { readonly type: 'assign' }
  /** Begin the burst of announcements. */
  | { readonly type: 'announce' }
  /** Not one frame more. */
  | { readonly type: 'silence' }
  /** Take the VIPs off every link and confirm it. */
  | { readonly type: 'withdraw' }
  /** Tell the election that the addresses are off. */
  | { readonly type: 'confirm' }
  /** Give the token up. */
  | { readonly type: 'release'; readonly reason: Reason }
  /** Stand for election, or do not. */
  | { readonly type: 'candidate'; readonly wanted: boolean }
  /** The link refused the address: keep out for a while that grows. */
  | { readonly type: 'back-off'; readonly detail: string };

export interface Step {
  readonly state: MachineState;
  readonly actions: readonly MachineAction[];
}

/** Before the first event: not a candidate, nothing known. */
export function initialState(): MachineState {
  return {
    name: 'following',
    reason: 'elected',
    detail: '',
    fault: undefined,
    release: undefined,
    stopping: false,
  };
}

const stay = (state: MachineState, ...actions: MachineAction[]): Step => ({ state, actions });

function withdraw(
  state: MachineState,
  reason: Reason,
  detail: string,
  release: Reason | undefined,
  ...more: MachineAction[]
): Step {
  return {
    state: { ...state, name: 'withdrawing', reason, detail, release },
    actions: [{ type: 'silence' }, { type: 'withdraw' }, ...more],
  };
}

/** The kernel confirmed: what comes next. */
function afterWithdrawal(state: MachineState): Step {
  const actions: MachineAction[] = [{ type: 'confirm' }];
  if (state.release !== undefined) actions.push({ type: 'release', reason: state.release });
  const { fault } = state;
  const next = { ...state, release: undefined };
  if (fault !== undefined) {
    return {
      state: { ...next, name: 'faulted', reason: fault.reason, detail: fault.detail },
      actions,
    };
  }
  return { state: { ...next, name: 'following' }, actions };
}

function onFault(state: MachineState, fault: Fault): Step {
  const faulted = { ...state, fault };
  const standDown = { type: 'candidate', wanted: false } as const;
  switch (state.name) {
    case 'assigning':
    case 'leading':
      return withdraw(faulted, fault.reason, fault.detail, fault.reason, standDown);
    case 'withdrawing':
      return stay(faulted, standDown);
    case 'following':
    case 'campaigning':
    case 'faulted':
      return stay(
        { ...faulted, name: 'faulted', reason: fault.reason, detail: fault.detail },
        standDown,
      );
  }
}

function onTaken(state: MachineState, resumed: boolean, why: Reason = 'elected'): Step {
  switch (state.name) {
    case 'following':
    case 'campaigning': {
      if (state.stopping) return withdraw(state, 'shutdown', '', 'shutdown');
      const reason = resumed ? 'lease-resumed' : why;
      return stay({ ...state, name: 'assigning', reason, detail: '' }, { type: 'assign' });
    }
    case 'faulted':
      return withdraw(state, state.reason, state.detail, state.reason);
    case 'withdrawing':
      return stay({ ...state, release: state.release ?? state.reason });
    case 'assigning':
    case 'leading':
      return stay(state);
  }
}

/** The one transition function. */
export function step(state: MachineState, event: MachineEvent): Step {
  const { name } = state;
  const holds = name === 'assigning' || name === 'leading';
  switch (event.type) {
    case 'queue': {
      if (state.stopping || (name !== 'following' && name !== 'campaigning')) return stay(state);
      return stay({ ...state, name: event.otherLeads ? 'following' : 'campaigning' });
    }
    case 'taken':
      return onTaken(state, event.resumed, event.reason);
    case 'assigned':
      if (name !== 'assigning') return stay(state);
      return stay({ ...state, name: 'leading' }, { type: 'announce' });
    case 'assign-failed':
      if (!holds) return stay(state);
      return withdraw(state, 'assign-failed', event.detail, 'assign-failed', {
        type: 'back-off',
        detail: event.detail,
      });
    case 'lost':
    case 'expired': {
      // A token that is gone needs no release; one whose deadline passed may be proved again.
      if (name === 'withdrawing') {
        return stay(event.type === 'lost' ? { ...state, release: undefined } : state);
      }
      return withdraw(state, event.reason, event.detail, undefined);
    }
    case 'fault':
      return onFault(state, event.fault);
    case 'yield':
      return holds ? withdraw(state, event.reason, event.detail, event.reason) : stay(state);
    case 'fault-cleared': {
      if (state.fault === undefined) return stay(state);
      const cleared = { ...state, fault: undefined };
      if (state.stopping) return stay(cleared);
      const stand = { type: 'candidate', wanted: true } as const;
      return name === 'faulted'
        ? stay({ ...cleared, name: 'following' }, stand)
        : stay(cleared, stand);
    }
    case 'withdrawn':
      return name === 'withdrawing' ? afterWithdrawal(state) : stay(state);
    case 'stop': {
      const { reason = 'shutdown' } = event;
      const stopping = { ...state, stopping: true };
      const standDown = { type: 'candidate', wanted: false } as const;
      if (name === 'withdrawing') {
        return stay({ ...stopping, release: state.release ?? reason }, standDown);
      }
      return withdraw(stopping, reason, '', reason, standDown);
    }
  }
}
