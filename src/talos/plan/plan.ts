import { shellLine } from './shell.ts';

/** One thing to do, or to see with one's own eyes. */
export interface Step {
  readonly text: string;
  /** Exactly what to run, one line each; empty: nothing. */
  readonly commands: readonly string[];
  /** What it destroys cannot be brought back: it is printed and never run by us. */
  readonly destructive?: boolean;
}

/** Steps that belong together; the next phase begins when all are done. */
export interface Phase {
  /** Short name by which phases of one's own are placed. */
  readonly id: string;
  readonly title: string;
  /** An estimate, from the pi-cluster's own figures. */
  readonly minutes: number;
  readonly steps: readonly Step[];
}

/** Everything that is to be done, in this order. */
export interface Plan {
  readonly title: string;
  /** What must be known before one begins. */
  readonly warnings: readonly string[];
  readonly phases: readonly Phase[];
}

/** A step with commands, each given as its words. */
export function step(text: string, ...commands: readonly (readonly string[])[]): Step {
  return { text, commands: commands.map(shellLine) };
}

/** Sum of the estimates, in minutes. */
export function totalMinutes({ phases }: Plan): number {
  return phases.reduce((sum, { minutes }) => sum + minutes, 0);
}
