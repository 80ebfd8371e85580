import type { Focus } from '../world/schedule.ts';
import { readdirSync, readFileSync } from 'node:fs';

/** A defect that the loader puts into the source: exact text, found exactly once, replaced. */
export interface Mutant {
  readonly name: string;
  /** The rule of protocol.md that it switches off [and the hole that it opens]. */
  readonly rule: string;
  /** So many schedules from seed 1 on must show it. */
  readonly within: number;
  /** What they are narrowed to, where random ones show it too seldom. */
  readonly focus?: Focus;
  /** Why no schedule can find it, and what does. */
  readonly survives?: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const HERE = new URL('.', import.meta.url);

/** All that are kept in the JSON files here. */
export function loadMutants(): Mutant[] {
  return readdirSync(HERE)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, HERE), 'utf8')) as Mutant[]);
}
