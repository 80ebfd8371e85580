import { setMaxListeners } from 'node:events';
import { elapsedMs } from '../clock.ts';
import { Acts } from './acts.ts';
import { ControlLoop } from './control-loop.ts';
import type { ElectionCore } from './core.ts';
import { keepFacts } from './facts.ts';
import type { Self } from './situation.ts';
import type { KeyValue } from './store.ts';
import { isTrouble } from './types.ts';
import { followWatch } from './watching.ts';

/** Why a session ended, other than by being stopped. */
export type SessionEnd =
  | { readonly kind: 'lease-gone' }
  | { readonly kind: 'name-taken'; readonly detail: string }
  | { readonly kind: 'regressed'; readonly detail: string };

/** Thrown into the loops of a session to end it. */
class SessionEnded extends Error {
  override name = 'SessionEnded';
  readonly end: SessionEnd;
  constructor(end: SessionEnd) {
    super(end.kind);
    this.end = end;
  }
}

/** Of what stands under our name, for people. */
const MAX_SHOWN = 512;
/** When the enqueueing has not come through by then, a beat of its own says that we live. */
const FIRST_BEAT_WITHIN_MS = 1000;

/** The life of one lease: beats, the control loop, keep-alives and the watch, side by side. */
export class Session {
  readonly self: Self;
  readonly #core: ElectionCore;
  readonly #controller = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #control: ControlLoop;

  constructor(core: ElectionCore, self: Self) {
    this.#core = core;
    this.self = self;
    const onRegressed = (detail: string): void => this.#end({ kind: 'regressed', detail });
    const acts = new Acts({
      core,
      self,
      spawn: (work) => this.#spawn(work),
      onNameTaken: (kv) => this.#nameTaken(kv),
      onRegressed,
    });
    this.#control = new ControlLoop({ core, self, acts, onRegressed });
  }

  #nameTaken({ value }: KeyValue): void {
    // Anybody may have written there, and any amount.
    this.#end({ kind: 'name-taken', detail: value.slice(0, MAX_SHOWN) });
  }

  /** Runs until the signal aborts (undefined) or the session ends of itself. */
  async run(signal: AbortSignal): Promise<SessionEnd | undefined> {
    const own = this.#controller;
    const both = AbortSignal.any([signal, own.signal]);
    // Each call in flight listens; while etcd is frozen there are many.
    setMaxListeners(0, both);
    const loops = [
      this.#beat(both),
      this.#control.run(both),
      this.#keep(both),
      followWatch(this.#core, both, (group, kv) => this.#control.takeOnHint(group, kv, both)),
    ];
    this.#spawn(keepFacts(this.#core, this.self, both));
    const guarded = loops.map(async (loop) => {
      try {
        await loop;
      } catch (error) {
        if (!both.aborted) own.abort(error);
      }
    });
    await Promise.all(guarded);
    await Promise.all(this.#inFlight);
    if (signal.aborted) return undefined;
    const reason: unknown = own.signal.reason;
    if (reason instanceof SessionEnded) return reason.end;
    throw reason;
  }

  #end(end: SessionEnd): void {
    this.#controller.abort(new SessionEnded(end));
  }

  /** Runs beside the loops; its failure ends the session unless etcd caused it. */
  #spawn(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => {
        // Trouble was reported by who had it; an abort changes nothing on an aborted session.
        if (!isTrouble(error)) this.#controller.abort(error);
      })
      .finally(() => this.#inFlight.delete(guarded));
    this.#inFlight.add(guarded);
  }

  async #keep(signal: AbortSignal): Promise<void> {
    await this.#core.lease.keep(this.self.lease, signal);
    this.#end({ kind: 'lease-gone' });
  }

  /** The next attempt starts on time, without waiting for the last (rule 7). */
  async #beat(signal: AbortSignal): Promise<void> {
    const { heartbeat, beatNow, members, parts } = this.#core;
    const candidate = [...members.values()].some((member) => member.wanted);
    if (candidate && heartbeat.key.ground.kind !== 'own') {
      // Enqueueing is the first beat, in one transaction (rule 1).
      await beatNow.wait(parts.clock, FIRST_BEAT_WITHIN_MS, signal);
    }
    let lastAt = parts.clock.now();
    for (;;) {
      this.#spawn(this.#beatOnce(signal));
      for (;;) {
        const now = parts.clock.now();
        const dueAt = heartbeat.pace.dueAfter(lastAt, heartbeat.lastConfirmedSentAt);
        const waitMs = elapsedMs(now, dueAt);
        if (waitMs <= 0 || (await beatNow.wait(parts.clock, waitMs, signal))) break;
      }
      lastAt = parts.clock.now();
    }
  }

  async #beatOnce(signal: AbortSignal): Promise<void> {
    const { heartbeat, members, beatNow, look } = this.#core;
    const finding = await heartbeat.beat(this.self, signal);
    if (finding.nameTaken !== undefined) {
      this.#nameTaken(finding.nameTaken);
      return;
    }
    if (finding.leaseGone) {
      this.#end({ kind: 'lease-gone' });
      return;
    }
    if (finding.regressed !== undefined) {
      this.#end({ kind: 'regressed', detail: finding.regressed });
      return;
    }
    for (const { claim, reason, detail } of finding.lost) {
      members.get(claim.group)?.lose(reason, detail);
    }
    if (finding.again) beatNow.ring();
    if (finding.anew) look.ring();
  }
}
