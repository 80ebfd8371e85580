import { setMaxListeners } from 'node:events';
import { elapsedMs, type Instant } from '../clock.ts';
import { Acts } from './acts.ts';
import type { ElectionCore } from './core.ts';
import { decide } from './decision.ts';
import { writeFacts } from './facts.ts';
import type { Member } from './member.ts';
import { QueueReport } from './queue-report.ts';
import { hintedTaking } from './hint.ts';
import { situationOf } from './situating.ts';
import type { Self, Situation } from './situation.ts';
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

/** Candidates that lead nothing read this many times in a takeover's wait (design §3). */
const READS_PER_TAKEOVER = 4;
/** A node that holds all it wants reads this many times less often: its beats prove more. */
const HOLDER_READ_FACTOR = 3;
/** After a failed read: soon again, on another endpoint, then with patience. */
const READ_RETRY_MS = [100, 0, 50, 100, 200] as const;
const READ_RETRY_MAX_MS = 300;

/** The loop turns at least this often: /healthz goes by it. */
const TURN_WITHIN_MS = 1000;
/** Of what stands under our name, for people. */
const MAX_SHOWN = 512;
/** When the enqueueing has not come through by then, a beat of its own says that we live. */
const FIRST_BEAT_WITHIN_MS = 1000;

/** @param failures reads that failed in a row; 0: it was answered, but by no complete picture */
function readRetryMs(failures: number): number {
  return READ_RETRY_MS[failures] ?? READ_RETRY_MAX_MS;
}

/** The life of one lease: beats, reads, decisions, keep-alives and the watch, side by side. */
export class Session {
  readonly self: Self;
  readonly #core: ElectionCore;
  readonly #controller = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #acts: Acts;
  readonly #report: QueueReport;

  constructor(core: ElectionCore, self: Self) {
    this.#core = core;
    this.self = self;
    this.#report = new QueueReport(core, self.lease);
    this.#acts = new Acts({
      core,
      self,
      spawn: (work) => this.#spawn(work),
      onNameTaken: (kv) => this.#nameTaken(kv),
      onRegressed: (detail) => this.#end({ kind: 'regressed', detail }),
    });
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
      this.#decide(both),
      this.#keep(both),
      followWatch(this.#core, both, (group, kv) => this.#takeOnHint(group, kv, both)),
    ];
    this.#spawn(writeFacts(this.#core, this.self, both));
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

  async #decide(signal: AbortSignal): Promise<void> {
    const core = this.#core;
    const { look, reader, view, parts } = core;
    for (;;) {
      core.lastTurnAt = parts.clock.now();
      const fresh = await reader.read(signal);
      if (core.regression !== undefined) {
        this.#end({ kind: 'regressed', detail: core.regression });
        return;
      }
      if (fresh) this.#report.tell();
      let waitMs = fresh ? this.#readEveryMs() : readRetryMs(reader.failures);
      while (waitMs > 0) {
        const until = view.complete ? this.#step(signal) : undefined;
        const now = parts.clock.now();
        core.lastTurnAt = now;
        const dueMs = until === undefined ? waitMs : Math.max(elapsedMs(now, until), 0);
        const restMs = Math.min(waitMs, dueMs, TURN_WITHIN_MS);
        if (await look.wait(parts.clock, restMs, signal)) break;
        waitMs -= elapsedMs(now, parts.clock.now());
      }
    }
  }

  #readEveryMs(): number {
    const { members, options } = this.#core;
    const everyMs = options.timing.takeoverAfterMs / READS_PER_TAKEOVER;
    const settled = [...members.values()].every(
      (member) => !member.wanted || member.listed?.recordRevision !== undefined,
    );
    return settled ? everyMs * HOLDER_READ_FACTOR : everyMs;
  }

  situation(member: Member): Situation {
    return situationOf(this.#core, this.self, member);
  }

  #takeOnHint(group: string, kv: KeyValue, signal: AbortSignal): boolean {
    const member = this.#core.members.get(group);
    const { view, regression } = this.#core;
    if (member === undefined || !view.complete || regression !== undefined) return false;
    const hint = hintedTaking(member, this.situation(member), kv);
    if (hint === undefined) return false;
    this.#acts.begin(member, hint.view, hint.decision, signal);
    return true;
  }

  /** Applies the rules to every group. Returns when to look again at the latest. */
  #step(signal: AbortSignal): Instant | undefined {
    const { members, heartbeat, view } = this.#core;
    const toEnqueue: Member[] = [];
    const now = this.#core.parts.clock.now();
    let next: Instant | undefined;
    let brisk = false;
    let taking = false;
    for (const member of members.values()) {
      member.check(view.group(member.group.name), view.revision);
      const situation = this.situation(member);
      brisk ||= member.listed !== undefined || situation.view.queue[0]?.lease === this.self.lease;
      if (member.busy) continue;
      if (now < member.retryAt) {
        if (next === undefined || member.retryAt < next) next = member.retryAt;
        continue;
      }
      const decision = decide(situation);
      taking ||= decision.kind === 'take';
      if (decision.kind === 'enqueue') toEnqueue.push(member);
      else if (decision.kind !== 'wait') this.#acts.begin(member, situation.view, decision, signal);
      else if (decision.until !== undefined && (next === undefined || decision.until < next)) {
        next = decision.until;
      }
    }
    // A taking is a beat itself; another one beside it would only overtake it.
    if (brisk && !heartbeat.pace.brisk && !taking) this.#core.beatNow.ring();
    heartbeat.pace.brisk = brisk;
    if (toEnqueue.length > 0) this.#acts.enqueue(toEnqueue, signal);
    return next;
  }
}
