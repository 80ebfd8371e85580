import { parseArgs } from 'node:util';
import { profilesNamed, type Profiles } from '../world/profiles.ts';

/** What a soak is asked for. */
export interface SoakOptions {
  readonly schedules: number;
  readonly firstSeed: number;
  readonly workers: number;
  /** Of the hosts; undefined: profile `seconds`. */
  readonly profiles?: Profiles | undefined;
  /** Operators and probes act besides the faults. */
  readonly operations?: boolean | undefined;
}

/** Reads `--schedules N --seed S --workers W [--profiles P] [--operations]`. @throws for anything else */
export function soakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      profiles: { type: 'string' },
      operations: { type: 'boolean' },
    },
  });
  return {
    schedules: whole('schedules', values.schedules),
    firstSeed: whole('seed', values.seed),
    workers: whole('workers', values.workers),
    profiles: profilesNamed(values.profiles),
    operations: values.operations,
  };
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} ${text}: give 1 or more`);
  return value;
}
