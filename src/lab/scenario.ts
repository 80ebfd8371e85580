import type { Analysis } from './analysis.ts';
import type { Bounds } from './bounds.ts';
import type { LabHost } from './host.ts';
import type { Lab } from './lab.ts';
import type { LinkName } from './names.ts';

/** What a scenario's functions get of one run. */
export interface Stage {
  readonly lab: Lab;
  /** Who holds the VIPs as the run begins. */
  readonly holder: LabHost;
  /** Counts from 0. */
  readonly run: number;
  readonly signal: AbortSignal;
  /** Numbers that only this scenario measures, by name, milliseconds unless the name says otherwise. */
  readonly measures: Record<string, number>;
  /** Words for the report: which variant this run was. */
  readonly notes: string[];
}

/** What one run showed. */
export interface RunFacts {
  readonly run: number;
  readonly analysis: Analysis;
  readonly measures: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  /** What the profile of the host that held promises. */
  readonly bounds: Bounds;
}

/** Says in words what is wrong with a scenario's runs; nothing when all is well. */
export type Check = (runs: readonly RunFacts[]) => string[];

/** What a scenario's lab must be like, where it is not like the others'. */
export interface LabNeeds {
  readonly nodes?: number;
  /** On the first so many hosts; default: one on each. */
  readonly etcdMembers?: number;
  readonly vips?: number;
  readonly probeEveryMs?: number;
  /** The daemons can be told to misbehave (saboteur.ts). */
  readonly saboteur?: true;
}

/** A fault and what is promised about it, as data. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** How often it is repeated unless told otherwise. */
  readonly runs: number;
  /** The promise, in words, for the table. */
  readonly bound: string | ((bounds: Bounds) => string);
  /** Of each run by itself. */
  readonly checks: readonly Check[];
  /** Of all runs together. */
  readonly checksTogether?: readonly Check[];
  /** The link that must carry etcd for the promise to make sense; either when absent. */
  readonly etcdOver?: LinkName;
  /** Where etcd's leader is put before each run: with the holder, or elsewhere. */
  readonly etcdLeader?: 'holder' | 'other';
  /** Scenarios with the same needs, one after the other, share a lab. */
  readonly needs?: LabNeeds;
  /** An independent writer runs meanwhile; `measures.writerGapMs` is its longest wait. */
  readonly writer?: true;
  /** Makes the fault. */
  readonly inject: (stage: Stage) => Promise<void>;
  /** Resolves when what the fault leads to has happened, or has taken far too long. */
  readonly outcome: (stage: Stage) => Promise<void>;
  /** Undoes the fault; resolves when everything that was stopped has been started again. */
  readonly heal: (stage: Stage) => Promise<void>;
}
