import type { Clock } from '../clock.ts';
import { describe } from '../errors.ts';
import { statusText, type ClusterView } from './status-view.ts';

const LOOK_EVERY_MS = 1000;
/** Home, and clear what is below (ECMA-48 §8.3.21, §8.3.39). */
const CLEAR = '\u001b[H\u001b[2J';

export interface WatchParts {
  /** @throws Error when etcd does not answer: said, and asked again */
  readonly look: (until: AbortSignal) => Promise<ClusterView>;
  /** A line for each change, for programs. */
  readonly json: boolean;
  /** Redrawn in place, in colours. Default: whether standard output is a terminal. */
  readonly terminal?: boolean;
  readonly clock: Pick<Clock, 'sleep' | 'wallMs'>;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Shows the status again and again, until the signal aborts. What etcd does not say is said, too. */
export async function watchStatus(parts: WatchParts): Promise<void> {
  const { look, json, clock, write, signal, terminal = process.stdout.isTTY } = parts;
  let shown = '';
  while (!signal.aborted) {
    const seen = await seenBy(look, signal);
    if (signal.aborted) return;
    const marks = marksOf(seen);
    const changed = marks !== shown;
    shown = marks;
    if (json && changed) write(`${JSON.stringify(seen)}\n`);
    else if (!json && (changed || terminal)) {
      const nowMs = clock.wallMs();
      const text =
        'error' in seen ? `${seen.error}\n` : statusText(seen, { nowMs, colours: terminal });
      const at = new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ');
      write(terminal ? `${CLEAR}${at} UTC, every second, Ctrl-C ends\n\n${text}` : `${text}\n`);
    }
    // It rejects only when the signal aborts.
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}

type Seen = ClusterView | { readonly error: string };

async function seenBy(look: WatchParts['look'], signal: AbortSignal): Promise<Seen> {
  try {
    return await look(signal);
  } catch (error) {
    return { error: describe(error) };
  }
}

/** What tells one view from the next: all but what grows by itself. */
function marksOf(seen: Seen): string {
  if ('error' in seen) return seen.error;
  const growing = new Set(['seq', 'uptimeMs', 'slackMs']);
  const { etcd: _etcd, ...rest } = seen;
  return JSON.stringify(rest, (key, value: unknown) => (growing.has(key) ? undefined : value));
}
