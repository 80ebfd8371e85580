import { RECORD } from './keys.ts';
import type { Recording } from './recording.ts';

/**
 * What happened between the last answer of the old holder and the first of the new one, from the logs
 * of both daemons (level debug) and the probes. Pure: all clocks of a lab are one.
 */

/** A line of a daemon's log. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** Where a step was seen. */
export type Place = 'old' | 'new' | 'client';

export interface TracedStep {
  readonly name: string;
  readonly place: Place;
  /** The step that it follows from; undefined: none of the steps. */
  readonly since: string | undefined;
  /** Milliseconds after the last answer of the old holder; undefined: not seen. */
  readonly atMs: number | undefined;
  /** Milliseconds after the step that it follows from. */
  readonly tookMs: number | undefined;
}

interface Rule {
  readonly name: string;
  readonly place: 'old' | 'new';
  /** Default: the rule before. */
  readonly since?: string;
  /** It is the answer to the call that it follows from. */
  readonly answers?: true;
  readonly is: (line: LogRecord) => boolean;
}

type Phase = 'sent' | 'answered';

function kernelCall(call: string, phase: Phase): Rule['is'] {
  return (line) => line['seam'] === 'kernel' && line['call'] === call && line['phase'] === phase;
}

function names(list: unknown): boolean {
  return Array.isArray(list) && list.includes(RECORD);
}

/** A transaction that writes the holder record: release or taking. */
function recordTxn(phase: Phase): Rule['is'] {
  return (line) => line['seam'] === 'etcd' && line['phase'] === phase && names(line['about']);
}

const WITHDRAW_SENT = 'withdraw sent';
const DUMP_SENT = 'dump sent';
const RELEASE_SENT = 'release sent';
const ASSIGN_SENT = 'assign sent';

/** In the order of the path; what lies beside it names what it follows from. */
const RULES: readonly Rule[] = [
  { name: 'stop begun', place: 'old', is: ({ msg }) => msg === 'stopping' },
  {
    name: 'silence',
    place: 'old',
    is: ({ msg, to }) => msg === 'transition' && to === 'withdrawing',
  },
  { name: WITHDRAW_SENT, place: 'old', is: kernelCall('withdraw', 'sent') },
  {
    name: 'kernel acknowledged',
    place: 'old',
    since: WITHDRAW_SENT,
    answers: true,
    is: kernelCall('withdraw', 'answered'),
  },
  {
    name: DUMP_SENT,
    place: 'old',
    since: WITHDRAW_SENT,
    is: kernelCall('addresses', 'sent'),
  },
  { name: 'dump confirmed', place: 'old', answers: true, is: kernelCall('addresses', 'answered') },
  { name: RELEASE_SENT, place: 'old', is: recordTxn('sent') },
  {
    name: 'release answered',
    place: 'old',
    since: RELEASE_SENT,
    answers: true,
    is: recordTxn('answered'),
  },
  { name: 'watch told', place: 'new', since: RELEASE_SENT, is: ({ keys }) => names(keys) },
  { name: 'taking sent', place: 'new', is: recordTxn('sent') },
  { name: 'taking answered', place: 'new', answers: true, is: recordTxn('answered') },
  { name: ASSIGN_SENT, place: 'new', is: kernelCall('assign', 'sent') },
  {
    name: 'assign acknowledged',
    place: 'new',
    answers: true,
    is: kernelCall('assign', 'answered'),
  },
  { name: 'first frame', place: 'new', is: ({ msg }) => msg === 'announced' },
];

/** One handover as it was seen. */
export interface SeenHandover {
  readonly recording: Recording;
  /** Indexes of the hosts. */
  readonly before: number;
  readonly after: number;
  /** Of each host, in its order, whole. */
  readonly logs: readonly (readonly LogRecord[])[];
}

/**
 * The steps of a handover, in order; the last one is the first answered probe.
 * @throws Error when the probes do not show both holders
 */
export function traceHandover({ recording, before, after, logs }: SeenHandover): TracedStep[] {
  const answers = recording.probes.flatMap((track) => track.answers);
  const [oldMac, newMac] = [recording.hostMacs[before], recording.hostMacs[after]];
  const lastAt = answers.findLast(({ mac }) => mac === oldMac)?.at;
  const firstAt = answers.find(({ mac }) => mac === newMac)?.at;
  if (lastAt === undefined || firstAt === undefined || oldMac === newMac) {
    throw new Error('the probes do not show a handover');
  }
  const lines = { old: stamped(logs[before] ?? []), new: stamped(logs[after] ?? []) };
  const seen = new Map<string, Stamped>();
  const steps: TracedStep[] = [];
  const add = (name: string, place: Place, since: string | undefined, at?: number): void => {
    const from = since === undefined ? undefined : seen.get(since)?.at;
    steps.push({
      name,
      place,
      since,
      atMs: at === undefined ? undefined : at - lastAt,
      tookMs: at === undefined || from === undefined ? undefined : at - from,
    });
  };
  for (const [index, rule] of RULES.entries()) {
    const { name, place, since = RULES[index - 1]?.name } = rule;
    const cause = since === undefined ? undefined : seen.get(since);
    // A step that was not seen has none that follows from it.
    const from = since === undefined ? recording.startedAt : (cause?.at ?? Infinity);
    const found = lines[place].find((each) => each.at >= from && fits(rule, each, cause));
    if (found !== undefined) seen.set(name, found);
    add(name, place, since, found?.at);
  }
  // The kernel answers for an address from the moment at which it is told of it.
  add('first answered probe', 'client', ASSIGN_SENT, firstAt);
  return steps;
}

interface Stamped {
  /** Milliseconds since boot. */
  readonly at: number;
  readonly line: LogRecord;
}

function fits({ answers, is }: Rule, { line }: Stamped, cause: Stamped | undefined): boolean {
  // Other calls of the kind may be under way.
  if (answers === true && line['number'] !== cause?.line['number']) return false;
  return is(line);
}

/** The lines that have a stamp. */
function stamped(log: readonly LogRecord[]): Stamped[] {
  return log.flatMap((line) => {
    const us = line['bootUs'];
    return typeof us === 'number' ? [{ at: us / 1000, line }] : [];
  });
}
