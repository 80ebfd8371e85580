import { after, elapsedMs, type Instant } from '../clock.ts';
import { decide, type Decision } from './decision.ts';
import type { ElectionCore } from './core.ts';
import { appendHistory, type HistoryEntry } from './history.ts';
import type { Member } from './member.ts';
import type { HolderRecord } from './record.ts';
import type { Self, Situation } from './situation.ts';
import { StoreError, type TxnReply } from './store.ts';
import { followWatch } from './watching.ts';
import type { GroupView } from './view.ts';

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
const READ_RETRY_MS = [0, 50, 100, 200, 300] as const;

/** From one try to write the node's facts to the next. */
const FACTS_RETRY_MS = 1000;
/** The loop turns at least this often: /healthz goes by it. */
const TURN_WITHIN_MS = 250;
/** After an act that etcd refused or did not answer: once more, not at once. */
const ACT_RETRY_MS = 100;
/** When the enqueueing has not come through by then, a beat of its own says that we live. */
const FIRST_BEAT_WITHIN_MS = 1000;

/** The life of one lease: beats, reads, decisions, keep-alives and the watch, side by side. */
export class Session {
  readonly self: Self;
  readonly #core: ElectionCore;
  readonly #controller = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #heads = new Map<string, string>();

  constructor(core: ElectionCore, self: Self) {
    this.#core = core;
    this.self = self;
  }

  /** Runs until the signal aborts (undefined) or the session ends of itself. */
  async run(signal: AbortSignal): Promise<SessionEnd | undefined> {
    const own = this.#controller;
    const both = AbortSignal.any([signal, own.signal]);
    const loops = [
      this.#beat(both),
      this.#decide(both),
      this.#keep(both),
      followWatch(this.#core, both),
    ];
    this.#spawn(this.#writeFacts(both));
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

  /** Says who we are, once our heartbeat key stands to guard it. For people: `status` shows it. */
  async #writeFacts(signal: AbortSignal): Promise<void> {
    const { store, keys, options, parts } = this.#core;
    const { node, lease } = this.self;
    const txn = {
      compares: [{ key: keys.node(node), target: 'lease', op: '=', value: lease }],
      success: [{ op: 'put', key: keys.facts(node), value: options.facts(), lease }],
      failure: [],
    } as const;
    const deadlineMs = options.timing.requestDeadlineMs;
    while (!signal.aborted) {
      try {
        await parts.clock.sleep(FACTS_RETRY_MS, signal);
        if ((await store.txn(txn, { deadlineMs, signal })).succeeded) return;
      } catch (error) {
        if (!(error instanceof StoreError) && !signal.aborted) throw error;
      }
    }
  }

  #end(end: SessionEnd): void {
    this.#controller.abort(new SessionEnded(end));
  }

  /** Runs beside the loops; its failure ends the session unless etcd caused it. */
  #spawn(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => {
        // A StoreError was reported by the store; an abort changes nothing on an aborted session.
        if (!(error instanceof StoreError)) this.#controller.abort(error);
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
    if (candidate && heartbeat.ground.kind !== 'own') {
      // Enqueueing is the first beat, in one transaction (rule 1).
      await beatNow.wait(parts.clock, FIRST_BEAT_WITHIN_MS, signal);
    }
    let lastAt = parts.clock.now();
    for (;;) {
      this.#spawn(this.#beatOnce(signal));
      for (;;) {
        const dueAt = after(lastAt, heartbeat.everyMs);
        const waitMs = elapsedMs(parts.clock.now(), dueAt);
        if (waitMs <= 0) break;
        // The pace may change while we wait: look again at least this often.
        if (await beatNow.wait(parts.clock, Math.min(waitMs, 125), signal)) break;
      }
      lastAt = parts.clock.now();
    }
  }

  async #beatOnce(signal: AbortSignal): Promise<void> {
    const { heartbeat, members, beatNow } = this.#core;
    const finding = await heartbeat.beat(this.self, signal);
    if (finding.nameTaken !== undefined) {
      this.#end({ kind: 'name-taken', detail: finding.nameTaken.value.slice(0, 512) });
      return;
    }
    for (const { claim, reason, detail } of finding.lost) {
      members.get(claim.group)?.lose(reason, detail);
    }
    if (finding.lost.length > 0) beatNow.ring(); // The rest is still to be proved [A8].
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
      if (fresh) this.#report();
      let waitMs = fresh ? this.#readEveryMs() : (READ_RETRY_MS[reader.failures] ?? 300);
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

  /** Tells what the queues look like. */
  #report(): void {
    const { members, view, parts } = this.#core;
    for (const { group } of members.values()) {
      const { queue, leaseless } = view.group(group.name);
      for (const key of leaseless) {
        parts.emit({ type: 'leaseless-candidate', group: group.name, key });
      }
      const head = queue[0];
      const mark = head === undefined ? '' : `${head.key}@${head.createRevision}`;
      if (this.#heads.get(group.name) !== mark) {
        this.#heads.set(group.name, mark);
        const event = { type: 'leader-changed', group: group.name } as const;
        parts.emit(
          head === undefined
            ? { ...event, foreign: false }
            : { ...event, leader: head.node, revision: head.createRevision, foreign: !head.ours },
        );
      }
      parts.listener.onQueue(
        group.name,
        queue.map((each) => ({
          node: each.node,
          leaseId: each.lease,
          revision: each.createRevision,
          foreign: !each.ours,
          mine: each.lease === this.self.lease,
        })),
      );
    }
  }

  situation(member: Member): Situation {
    const { view, reader, parts, options, keys } = this.#core;
    const { listed, group } = member;
    const now = parts.clock.now();
    return {
      group: group.name,
      foreignElection: keys.isForeignElection(group.electionKey),
      self: this.self,
      view: view.group(group.name),
      observations: view.observations,
      wanted: member.wanted,
      claimed: listed?.token,
      holding: listed?.recordRevision !== undefined,
      ending: member.ending,
      isBurnt: (token) => member.isBurnt(token),
      readAt: reader.readAt ?? now,
      now,
      stamps: member.stamps,
      readsGoodSince: reader.goodSince,
      requestDeadlineMs: options.timing.requestDeadlineMs,
      quarantineUntil: parts.journal.memory.quietUntil,
    };
  }

  /** Applies the rules to every group. Returns when to look again at the latest. */
  #step(signal: AbortSignal): Instant | undefined {
    const { members, heartbeat } = this.#core;
    const toEnqueue: Member[] = [];
    let next: Instant | undefined;
    let brisk = false;
    for (const member of members.values()) {
      const situation = this.situation(member);
      member.dropUnproven(situation.view);
      brisk ||= member.listed !== undefined || situation.view.queue[0]?.lease === this.self.lease;
      if (member.busy) continue;
      const decision = decide(situation);
      if (decision.kind === 'enqueue') toEnqueue.push(member);
      else if (decision.kind !== 'wait') this.#act(member, situation.view, decision, signal);
      else if (decision.until !== undefined && (next === undefined || decision.until < next)) {
        next = decision.until;
      }
    }
    if (brisk && !heartbeat.brisk) this.#core.beatNow.ring();
    heartbeat.brisk = brisk;
    if (toEnqueue.length > 0) this.#enqueue(toEnqueue, signal);
    return next;
  }

  /** Does something about one group, then looks again. */
  #act(member: Member, view: GroupView, decision: Decision, signal: AbortSignal): void {
    const { self } = this;
    const work = async (): Promise<void> => {
      switch (decision.kind) {
        case 'take':
          if (await member.take(self, decision.own, view, signal)) {
            this.#spawn(this.#remember(member, view, signal));
          }
          break;
        case 'depose':
          await member.depose(self, decision.deposing, view, signal);
          break;
        case 'dequeue':
          await member.dequeue(decision.own, signal);
          break;
        case 'mark-foreign':
          await member.markForeign(self, decision.leader, view, signal);
          break;
        case 'enqueue':
        case 'wait':
          break;
      }
    };
    this.#busy([member], work, signal);
  }

  #busy(members: readonly Member[], work: () => Promise<void>, signal: AbortSignal): void {
    for (const member of members) member.busy = true;
    const { look, parts } = this.#core;
    const act = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        await parts.clock.sleep(ACT_RETRY_MS, signal);
      } finally {
        for (const member of members) member.busy = false;
        look.ring();
      }
    };
    this.#spawn(act());
  }

  /** All candidate keys that are wanted, and a beat, in one transaction [H13]. */
  #enqueue(members: readonly Member[], signal: AbortSignal): void {
    const { heartbeat, transactions, store, keys, options, parts, beatNow } = this.#core;
    const work = async (): Promise<void> => {
      const beat = heartbeat.compose(this.self);
      const elections = members.map(({ group }) => keys.election(group.name, group.electionKey));
      const { lease } = this.self;
      const txn = transactions.enqueue(beat, lease, heartbeat.ground, elections);
      const deadlineMs = options.timing.requestDeadlineMs;
      const reply: TxnReply = await store.txn(txn, { deadlineMs, signal });
      if (reply.succeeded) {
        heartbeat.confirmed(this.self, beat, parts.clock.now());
        beatNow.ring();
        return;
      }
      const { nameTaken } = heartbeat.judge(this.self, reply, []);
      if (nameTaken !== undefined) this.#end({ kind: 'name-taken', detail: nameTaken.value });
      else await parts.clock.sleep(ACT_RETRY_MS, signal);
    };
    this.#busy(members, work, signal);
  }

  /** Writes the group's history, off the path of the takeover. */
  async #remember(member: Member, before: GroupView, signal: AbortSignal): Promise<void> {
    const { store, keys, parts, options } = this.#core;
    const { node } = this.self;
    const entry = (record: HolderRecord): HistoryEntry => ({
      atMs: record.changedMs,
      node: record.node,
      state: record.state,
      reason: record.reason,
      by: record.by,
    });
    const taken = { atMs: parts.clock.wallMs(), node, state: 'held', reason: 'elected', by: node };
    const ended = before.record === undefined ? [] : [entry(before.record)];
    const deadlineMs = options.timing.requestDeadlineMs;
    const key = keys.history(member.group.name);
    await appendHistory(store, key, [...ended, taken], { deadlineMs, signal });
  }
}
