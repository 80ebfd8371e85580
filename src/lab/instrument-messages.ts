import type { Recording } from './recording.ts';

/** What the lab tells the instruments' process, and what that tells the lab. */

export interface InstrumentConfig {
  readonly run: string;
  readonly vips: readonly string[];
  readonly hosts: number;
  readonly probeEveryMs: number;
}

export type ToInstrument =
  | { type: 'start'; config: InstrumentConfig }
  /** Forget what was recorded; a recording begins. */
  | { type: 'mark' }
  | { type: 'collect' }
  | { type: 'stop' };

export type FromInstrument =
  | { type: 'ready' }
  | { type: 'marked' }
  /** Another MAC answers for a VIP, or none any more. */
  | { type: 'answering'; vip: string; mac?: string; at: number }
  | { type: 'recording'; recording: Recording }
  /** An instrument broke: what it recorded is worth nothing. */
  | { type: 'failed'; err: string };
