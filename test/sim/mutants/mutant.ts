import { readdirSync, readFileSync } from 'node:fs';
import type { Direction } from '../world/quiet.ts';
import type { Focus } from '../world/schedule.ts';

/** A defect that the loader puts into the source: exact text, found exactly once, replaced. */
export interface Mutant {
  readonly name: string;
  /** The rule of protocol.md that it switches off [and the hole that it opens]. */
  readonly rule: string;
  /** So many schedules from seed 1 on must show it, one of them. */
  readonly within?: number;
  /** What they are narrowed to, where random ones show it too seldom. */
  readonly focus?: Focus;
  /** Or this one must, which does little else. */
  readonly directed?: Direction;
  /** Why schedules do not show it. */
  readonly survives?: string;
  /** The test of the code itself that fails with it then: its path from the root. */
  readonly test?: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const HERE = new URL('.', import.meta.url);

/** All that are kept in the JSON files here. */
export function loadMutants(): Mutant[] {
  return readdirSync(HERE)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, HERE), 'utf8')) as Mutant[]);
}
