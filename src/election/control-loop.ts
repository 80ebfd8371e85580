import { elapsedMs, type Instant } from '../clock.ts';
import type { Acts } from './acts.ts';
import type { ElectionCore } from './core.ts';
import { decide } from './decision.ts';
import { hintedTaking } from './hint.ts';
import type { Member } from './member.ts';
import { QueueReport } from './queue-report.ts';
import { situationOf } from './situating.ts';
import type { Self } from './situation.ts';
import type { KeyValue } from './store.ts';

/** Candidates that lead nothing read this many times in a takeover's wait (design §3). */
const READS_PER_TAKEOVER = 4;
/** A node that holds all it wants reads this many times less often: its beats prove more. */
const HOLDER_READ_FACTOR = 3;
/** After a failed read: soon again, on another endpoint, then with patience. */
const READ_RETRY_MS = [100, 0, 50, 100, 200] as const;
const READ_RETRY_MAX_MS = 300;

/** The loop turns at least this often, and twice in a hold: /healthz goes by it. */
const TURN_WITHIN_MS = 1000;

/** @param failures reads that failed in a row; 0: it was answered, but by no complete picture */
function readRetryMs(failures: number): number {
  return READ_RETRY_MS[failures] ?? READ_RETRY_MAX_MS;
}

interface ControlParts {
  readonly core: ElectionCore;
  readonly self: Self;
  readonly acts: Acts;
  /** etcd has forgotten what it had confirmed. */
  readonly onRegressed: (detail: string) => void;
}

/** Reads, decides for every group and lets it be done: turn by turn, for as long as a session lasts. */
export class ControlLoop {
  readonly #parts: ControlParts;
  readonly #report: QueueReport;
  /** The pace of beats at the last turn. */
  #brisk = false;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#report = new QueueReport(parts.core, parts.self.lease);
  }

  /** Turns until the signal aborts, or until etcd has looked back in time: that is told. */
  async run(signal: AbortSignal): Promise<void> {
    const { core, onRegressed } = this.#parts;
    const { look, reader, view, parts } = core;
    for (;;) {
      core.lastTurnAt = parts.clock.now();
      const fresh = await reader.read(signal);
      if (core.regression !== undefined) {
        onRegressed(core.regression);
        return;
      }
      if (fresh) this.#report.tell();
      let waitMs = fresh ? this.#readEveryMs() : readRetryMs(reader.failures);
      while (waitMs > 0) {
        const until = view.complete ? this.#step(signal) : undefined;
        const now = parts.clock.now();
        core.lastTurnAt = now;
        const dueMs = until === undefined ? waitMs : Math.max(elapsedMs(now, until), 0);
        const restMs = Math.min(waitMs, dueMs, TURN_WITHIN_MS, core.options.timing.holdForMs / 2);
        if (await look.wait(parts.clock, restMs, signal)) break;
        waitMs -= elapsedMs(now, parts.clock.now());
      }
    }
  }

  #readEveryMs(): number {
    const { members, options } = this.#parts.core;
    const everyMs = options.timing.takeoverAfterMs / READS_PER_TAKEOVER;
    const settled = [...members.values()].every(
      (member) => !member.wanted || member.listed?.recordRevision !== undefined,
    );
    return settled ? everyMs * HOLDER_READ_FACTOR : everyMs;
  }

  /**
   * A holder record was written, says the watch: takes at once where that ends the last hold.
   * @returns false when the next read has to tell
   */
  takeOnHint(group: string, kv: KeyValue, signal: AbortSignal): boolean {
    const { core, self, acts } = this.#parts;
    const member = core.members.get(group);
    const { view, regression } = core;
    if (member === undefined || !view.complete || regression !== undefined) return false;
    const hint = hintedTaking(member, situationOf(core, self, member), kv);
    if (hint === undefined) return false;
    acts.begin(member, hint.view, hint.decision, signal);
    return true;
  }

  /** Applies the rules to every group. Returns when to look again at the latest. */
  #step(signal: AbortSignal): Instant | undefined {
    const { core, self, acts } = this.#parts;
    const { members, heartbeat, view } = core;
    const toEnqueue: Member[] = [];
    const now = core.parts.clock.now();
    let next: Instant | undefined;
    let first = false;
    let taking = false;
    for (const member of members.values()) {
      // Its addresses were off before it left: nobody is there who would say so.
      if (member.leaving && !member.wanted && !member.busy) member.withdrawn();
      member.check(view.group(member.group.name), view.revision);
      const situation = situationOf(core, self, member);
      first ||= situation.view.queue[0]?.lease === self.lease;
      if (member.busy) continue;
      if (now < member.retryAt) {
        if (next === undefined || member.retryAt < next) next = member.retryAt;
        continue;
      }
      const decision = decide(situation);
      taking ||= decision.kind === 'take';
      if (decision.kind === 'enqueue') toEnqueue.push(member);
      else if (decision.kind !== 'wait') acts.begin(member, situation.view, decision, signal);
      else if (decision.until !== undefined) {
        core.parts.listener.onDue(member.group.name, decision.until);
        if (next === undefined || decision.until < next) next = decision.until;
      }
    }
    // A taking is a beat itself; another one beside it would only overtake it.
    heartbeat.pace.first = first;
    const { brisk } = heartbeat.pace;
    if (brisk && !this.#brisk && !taking) core.beatNow.ring();
    this.#brisk = brisk;
    if (toEnqueue.length > 0) acts.enqueue(toEnqueue, signal);
    return next;
  }
}
