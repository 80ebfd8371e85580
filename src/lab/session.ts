import { describe, OperatorError, ExitCode } from '../errors.ts';
import { keepEvidence, keepLogs } from './evidence.ts';
import { Lab, type LabOptions } from './lab.ts';
import type { LinkName } from './names.ts';
import { inWords, type ScenarioResult } from './runner.ts';
import type { LabNeeds, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

export interface SessionOptions {
  readonly scenarios: readonly Scenario[];
  readonly lab: LabOptions & { readonly etcdOver: LinkName };
  readonly runs?: number;
  readonly phaseMs?: number;
  /** Evidence of broken bounds goes here, below a directory for each run; none is kept when absent. */
  readonly evidenceDir?: string;
  /** All logs go here in any case. */
  readonly logsDir?: string;
  readonly onProgress: (line: string) => void;
  readonly onResult: (result: ScenarioResult) => void;
  readonly signal: AbortSignal;
}

/**
 * The scenarios that a list of names means, of those that there are; `all` is every one.
 * @throws OperatorError (usage) for a name that there is not
 */
export function pickScenarios(
  names: readonly string[],
  from: readonly Scenario[] = SCENARIOS,
): readonly Scenario[] {
  if (names.includes('all')) return from;
  const known = from.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0) {
    throw new OperatorError(
      `no scenario ${unknown.join(', ') || 'given'}; there are: ${known.join(', ')}, all`,
      ExitCode.usage,
    );
  }
  return from.filter(({ name }) => names.includes(name));
}

/**
 * Runs scenarios; those that follow each other and need the same lab share one. A lab that fails, because no
 * calm returns for instance, is a broken promise too; the next scenario gets a new one.
 * @throws the signal's reason when it aborts; Error when a lab cannot even start
 */
export async function runSession(options: SessionOptions): Promise<void> {
  const waiting = [...options.scenarios];
  while (waiting.length > 0) {
    const linkOf = ({ etcdOver = options.lab.etcdOver }: Scenario): LinkName => etcdOver;
    const [{ needs = {} }, link] = [waiting[0]!, linkOf(waiting[0]!)];
    await using lab = await Lab.create({
      ...options.lab,
      ...needs,
      etcdOver: link,
      onProgress: options.onProgress,
    });
    await lab.start(options.signal);
    const etcd = options.lab.etcd === false ? 'no etcd' : `etcd over ${link}`;
    options.onProgress(`${etcd}; waiting for the first holder`);
    let alive = true;
    const fits = (next: Scenario | undefined): boolean =>
      next !== undefined && linkOf(next) === link && same(next.needs, needs);
    while (alive && fits(waiting[0])) {
      alive = await runOne(lab, waiting.shift()!, options);
    }
    if (options.logsDir !== undefined) await keepLogs(lab, `${options.logsDir}/${link}`);
  }
}

function same(some: LabNeeds = {}, others: LabNeeds = {}): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

/** @returns false when the lab is of no more use */
async function runOne(lab: Lab, scenario: Scenario, options: SessionOptions): Promise<boolean> {
  const { signal, evidenceDir, runs, phaseMs, onProgress, onResult } = options;
  onProgress(`${scenario.name}: ${scenario.summary}`);
  const optional = {
    ...(runs !== undefined && { runs }),
    ...(phaseMs !== undefined && { phaseMs }),
    ...(evidenceDir !== undefined && { evidenceDir }),
  };
  try {
    onResult(await lab.run(scenario, { signal, ...optional }));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const { name } = scenario;
    const bound = inWords(scenario, lab.profile);
    onProgress(`${name}: ${describe(error)}`);
    if (evidenceDir !== undefined) {
      const seen = { err: describe(error) };
      const kept = await keepEvidence(lab, evidenceDir, `${name}-${lab.etcdOver}-lab`, seen);
      onProgress(`  evidence in ${kept}`);
    }
    const problems = [`the lab gave up: ${describe(error).split('\n')[0]}`];
    const hosts = lab.hosts.map((host) => host.name);
    onResult({ name, bound, etcdOver: lab.etcdOver, runs: [], voidRuns: 0, problems, hosts });
    return false;
  }
}
