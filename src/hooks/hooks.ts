import type { Clock } from '../clock.ts';
import type { GroupConfig, HookName, HooksConfig } from '../config/types.ts';
import type { ElectorEvent, Emit, Reason } from '../events.ts';
import { runCommand } from './command.ts';

export interface HooksParts {
  readonly config: HooksConfig;
  readonly node: string;
  readonly groups: readonly Pick<GroupConfig, 'name' | 'vips'>[];
  readonly clock: Clock;
  /** Takes `hook-done` and `hook-failed`. */
  readonly emit: Emit;
}

type EventOf<T extends ElectorEvent['type']> = Extract<ElectorEvent, { type: T }>;

function stationOf({ vip, mac }: { vip: string; mac: string }): string {
  return `${mac} ${vip}`;
}

/** What a hook is run for. */
interface Call {
  readonly hook: HookName;
  readonly group: string;
  readonly reason: Reason;
  readonly detail: string;
}

/** After the event, so that the first announcements of a takeover are out: to fork takes milliseconds. */
const BEGIN_AFTER_MS = 100;
/** More that wait mean that the group flaps faster than its hooks end: the newest are dropped, and counted. */
const WAITING_MAX = 32;
/** What a hook still gets when the daemon stops, in milliseconds. */
const STOP_WITHIN_MS = 1000;
/** One that is killed and does not end (a disk that hangs) keeps nobody, in milliseconds. */
const KILLED_WITHIN_MS = 200;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const CONFLICTS = new Set<Reason>(['conflict', 'foreign-address', 'name-conflict']);

/**
 * Runs the operator's commands at what happens to a group: one after another, in the order of the
 * events, beside the daemon's own work. Nothing waits for them but the end of the process, for a second.
 */
export class Hooks {
  readonly #parts: HooksParts;
  readonly #links = new Map<string, string>();
  readonly #vips: Map<string, readonly string[]>;
  /** Why a group is being withdrawn. */
  readonly #leaving = new Map<string, Reason>();
  /** Other stations that have a VIP, and were told of. */
  readonly #stations = new Set<string>();
  readonly #waiting: Call[] = [];
  readonly #killed = new AbortController();
  #running: Promise<void> | undefined;
  #cancelBegin: (() => void) | undefined;

  constructor(parts: HooksParts) {
    this.#parts = parts;
    const known = parts.groups.map(
      ({ name, vips }) => [name, vips.map((vip) => vip.address)] as const,
    );
    this.#vips = new Map(known);
  }

  /** Takes in one event. Returns at once, and throws nothing. */
  record(event: ElectorEvent): void {
    if (event.type === 'group-added') this.#vips.set(event.group, event.vips);
    if (event.type === 'vip-held' && event.held) this.#links.set(event.group, event.link);
    if (event.type === 'conflict') this.#onConflict(event);
    if (event.type === 'conflict-over') this.#stations.delete(stationOf(event));
    if (event.type !== 'transition') return;
    const { group, from, to, reason, detail = '' } = event;
    if (to === 'leading') this.#call({ hook: 'elected', group, reason, detail });
    if (to === 'withdrawing') this.#leaving.set(group, reason);
    if (CONFLICTS.has(reason) && (to === 'withdrawing' || to === 'faulted')) {
      // A holder is withdrawn for it, and faulted afterwards: that is one conflict.
      if (from !== 'withdrawing') this.#call({ hook: 'conflict', group, reason, detail });
    }
    if (from === 'withdrawing') {
      const why = this.#leaving.get(group) ?? reason;
      this.#call({ hook: 'released', group, reason: why, detail });
    }
  }

  /** Once for a station, until it is gone. What is yielded to it is told by the transition. */
  #onConflict({ group, vip, mac, node, answer }: EventOf<'conflict'>): void {
    const station = stationOf({ vip, mac });
    if (answer === 'yielded' || this.#stations.has(station)) return;
    this.#stations.add(station);
    const who = node === undefined ? `station ${mac}` : `node ${node} (${mac})`;
    this.#call({ hook: 'conflict', group, reason: 'conflict', detail: `${who} has ${vip}` });
  }

  /** What waits is begun, and may take a second; then all is killed. Idempotent. */
  async stop(): Promise<void> {
    const { clock } = this.#parts;
    const cancel = clock.timer(STOP_WITHIN_MS, () => this.#killed.abort());
    this.#begin();
    let cancelWait: (() => void) | undefined;
    const waited = new Promise<void>((resolve) => {
      cancelWait = clock.timer(STOP_WITHIN_MS + KILLED_WITHIN_MS, resolve);
    });
    await Promise.race([this.#running, waited]);
    cancelWait?.();
    cancel();
    this.#killed.abort();
  }

  #call(call: Call): void {
    const { config, clock, emit } = this.#parts;
    if (config[call.hook] === undefined || this.#killed.signal.aborted) return;
    if (this.#waiting.length >= WAITING_MAX) {
      const err = `was not run: ${WAITING_MAX} wait already`;
      emit({ type: 'hook-failed', hook: call.hook, group: call.group, err });
      return;
    }
    this.#waiting.push(call);
    this.#cancelBegin ??= clock.timer(BEGIN_AFTER_MS, () => this.#begin());
  }

  #begin(): void {
    this.#cancelBegin?.();
    this.#cancelBegin = undefined;
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
  }

  async #runAll(): Promise<void> {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      await this.#run(call);
    }
  }

  async #run(call: Call): Promise<void> {
    const { config, clock, emit } = this.#parts;
    const { hook, group } = call;
    const program = config[hook];
    if (program === undefined) return;
    const startedAt = clock.now();
    const { timeoutMs } = config;
    const env = this.#facts(call);
    let err: string | undefined;
    try {
      err = await runCommand({ program, env, timeoutMs, clock, signal: this.#killed.signal });
    } catch (error) {
      // `spawn` throws for want of descriptors, or memory.
      err = error instanceof Error ? error.message : String(error);
    }
    if (err !== undefined) emit({ type: 'hook-failed', hook, group, err });
    else emit({ type: 'hook-done', hook, group, durationMs: clock.now() - startedAt });
  }

  /** The environment of a hook: the facts, and a path for its shell; nothing of ours. */
  #facts({ hook, group, reason, detail }: Call): Record<string, string> {
    const { node } = this.#parts;
    const vips = this.#vips.get(group) ?? [];
    return {
      PATH,
      VIP_ELECTOR_EVENT: hook,
      VIP_ELECTOR_GROUP: group,
      VIP_ELECTOR_NODE: node,
      VIP_ELECTOR_VIPS: vips.join(','),
      VIP_ELECTOR_LINK: this.#links.get(group) ?? '',
      VIP_ELECTOR_REASON: reason,
      VIP_ELECTOR_DETAIL: detail.replaceAll('\0', ''),
    };
  }
}
