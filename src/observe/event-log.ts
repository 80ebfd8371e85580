import type { Logger } from 'pino';
import { describe } from '../errors.ts';
import type { ElectorEvent, Emit } from '../events.ts';
import { lineOf } from './event-lines.ts';
import { FirstOfEach } from './first-of-each.ts';

/**
 * Writes events to a log, one line each: error = a person must act; warn = recovered or will be
 * retried; info = transitions and lifecycle; debug = heartbeats and frames. Messages are constant,
 * variables are fields with the names of design §8. Failures that repeat are a warning when they
 * begin and debug from then on, until a success ends them.
 */
export function eventLog(logger: Logger): Emit {
  const said = new FirstOfEach();
  return (event) => {
    const over = endedBy(event);
    if (over !== undefined) said.forget(over);
    const trouble = troubleOf(event);
    const repeat = trouble !== undefined && !said.isFirst(trouble.subject, trouble.kind);
    logEvent(logger, event, repeat);
  };
}

/** The failure that an event reports, when it is of those that repeat. */
function troubleOf(event: ElectorEvent): { subject: string; kind: string } | undefined {
  if (event.type === 'beat-failed') return { subject: 'beat', kind: '' };
  // By endpoint: while one of three is away the beats succeed, and its errors are still no news.
  if (event.type === 'etcd-error') return { subject: event.endpoint, kind: event.code };
  if (event.type === 'conflict') return { subject: station(event), kind: '' };
  if (event.type === 'announce-failed') return { subject: frames(event), kind: '' };
  return undefined;
}

/** The subject whose failures an event ends. */
function endedBy(event: ElectorEvent): string | undefined {
  if (event.type === 'beat') return 'beat';
  if (event.type === 'endpoint' && event.reachable) return event.endpoint;
  if (event.type === 'conflict-over') return station(event);
  if (event.type === 'announced') return frames(event);
  return undefined;
}

function station({ vip, mac }: { vip: string; mac: string }): string {
  return `station ${mac} with ${vip}`;
}

function frames({ vip, link }: { vip: string; link: string }): string {
  return `frames of ${vip} on ${link}`;
}

/**
 * Writes one event as one line.
 * @param repeat the same failure was said before and has not ended since: debug
 */
export function logEvent(logger: Logger, event: ElectorEvent, repeat: boolean): void {
  const [component, usual, message] = lineOf(event);
  const level = repeat ? 'debug' : usual;
  // Most events are heartbeats, which nobody reads: their fields are not even made.
  if (!logger.isLevelEnabled(level)) return;
  logger[level]({ component, ...fieldsOf(event) }, message);
}

/** The event's own fields: errors as text, durations in whole milliseconds. */
function fieldsOf(event: ElectorEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    if (name === 'type' || value === undefined) continue;
    if (name === 'err') fields[name] = describe(value);
    else if (typeof value === 'number') fields[name] = Math.round(value);
    else fields[name] = value;
  }
  return fields;
}
