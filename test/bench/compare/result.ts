/** What a benchmark found. Plain data: written as JSON, and rendered from it. */

/** One scenario of one contender. */
export interface Cell {
  /** Of each run, from question to question. */
  readonly outagesMs: readonly number[];
  /** Of each run: how long two hosts held the address, as the wire showed it. */
  readonly twoHoldersMs: readonly number[];
  /** Runs that were repeated because the prober itself was kept from probing. */
  readonly voidRuns: number;
}

/** What a daemon costs while nothing happens: that of the host where it costs most. */
export interface Cost {
  /** Resident (VmRSS), of all processes of the program. */
  readonly rssMib: number;
  /** Of one core. */
  readonly cpuPercent: number;
  /** Of all hosts together; absent without etcd. */
  readonly etcdRequestsPerSecond?: number;
  readonly etcdWritesPerSecond?: number;
}

export interface Column {
  readonly name: string;
  readonly summary: string;
  readonly version: string;
  readonly notApplicable: readonly string[];
  /** By name of the scenario. */
  readonly cells: Readonly<Record<string, Cell>>;
  readonly cost?: Cost;
}

export interface BenchResult {
  /** Machine, kernel, date: the one line that differs from run to run whatever is measured. */
  readonly setting: string;
  readonly columns: readonly Column[];
}

/** Several results as one: those of later ones replace what earlier ones have of the same. */
export function merged(results: readonly BenchResult[]): BenchResult {
  const columns = new Map<string, Column>();
  for (const column of results.flatMap((result) => result.columns)) {
    const before = columns.get(column.name);
    const cells = { ...before?.cells, ...column.cells };
    const cost = column.cost ?? before?.cost;
    columns.set(column.name, { ...column, cells, ...(cost !== undefined && { cost }) });
  }
  return { setting: results.at(-1)?.setting ?? '', columns: [...columns.values()] };
}
