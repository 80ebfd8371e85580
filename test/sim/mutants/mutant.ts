import { readdirSync, readFileSync } from 'node:fs';

/** A defect that the loader puts into the source: exact text, found exactly once, replaced. */
export interface Mutant {
  readonly name: string;
  /** The rule of protocol.md that it switches off [and the hole that it opens]. */
  readonly rule: string;
  /** Random schedules from seed 1 on of which one must find it. */
  readonly within?: number;
  /** Name of the directed schedule that shows it, where random ones do so too seldom. */
  readonly directed?: string;
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
