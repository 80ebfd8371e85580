import type { ScenarioResult } from '../../../src/lab/runner.ts';
import type { Scenario } from '../../../src/lab/scenario.ts';
import { runSession } from '../../../src/lab/session.ts';
import type { Contender } from './contender.ts';
import type { Cell, Column, Cost } from './result.ts';
import { COSTS } from './scenarios.ts';

export interface MeasureOptions {
  readonly scenarios: readonly Scenario[];
  readonly runs: number | undefined;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the scenarios that mean something for a contender, on a lab of its own: the same hosts, switch,
 * client and probes for each.
 * @throws the signal's reason when it aborts; OperatorError when the lab cannot be here
 */
export async function measure(contender: Contender, options: MeasureOptions): Promise<Column> {
  const { scenarios, runs, onProgress, signal } = options;
  const { name, summary, notApplicable, etcd, beatEveryMs } = contender;
  const cells: Record<string, Cell> = {};
  let cost: Cost | undefined;
  await runSession({
    scenarios: scenarios.filter((scenario) => !notApplicable.includes(scenario.name)),
    lab: { etcd, etcdOver: 'end0', daemon: (context) => contender.command(context) },
    ...(runs !== undefined && { runs }),
    phaseMs: beatEveryMs,
    onProgress: (line) => onProgress(`${name}: ${line}`),
    onResult: (result) => {
      if (result.name === COSTS.name) cost = costOf(result);
      else cells[result.name] = cellOf(result);
    },
    signal,
  });
  const version = await contender.version();
  return { name, summary, version, notApplicable, cells, ...(cost !== undefined && { cost }) };
}

/** What a scenario's runs showed. */
export function cellOf({ runs, voidRuns }: ScenarioResult): Cell {
  return {
    outagesMs: runs.map(({ analysis }) => analysis.outageMs),
    twoHoldersMs: runs.map(({ analysis }) => analysis.twoHoldersMs),
    voidRuns,
  };
}

/** The most of what the runs of the idle scenario measured; undefined when the lab gave up. */
export function costOf({ runs }: ScenarioResult): Cost | undefined {
  const most = (name: string): number | undefined => {
    const seen = runs.flatMap(({ measures }) => measures[name] ?? []);
    return seen.length === 0 ? undefined : Math.max(...seen);
  };
  const [rssMib, cpuPercent] = [most('rssMib'), most('cpuPercent')];
  if (rssMib === undefined || cpuPercent === undefined) return undefined;
  const etcdRequestsPerSecond = most('etcdRequestsPerSecond');
  const etcdWritesPerSecond = most('etcdWritesPerSecond');
  return {
    rssMib,
    cpuPercent,
    ...(etcdRequestsPerSecond !== undefined && { etcdRequestsPerSecond }),
    ...(etcdWritesPerSecond !== undefined && { etcdWritesPerSecond }),
  };
}
