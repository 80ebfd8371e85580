import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { LINKS } from '../lab/names.ts';
import { allKept, renderTable, toJson } from '../lab/report.ts';
import type { ScenarioResult } from '../lab/runner.ts';
import type { Scenario } from '../lab/scenario.ts';
import { SCENARIOS } from '../lab/scenarios.ts';
import { pickScenarios, runSession } from '../lab/session.ts';

export interface LabArguments {
  scenario: string;
  nodes: number;
  runs: number | undefined;
  'etcd-over': string;
  json: string | undefined;
  'keep-logs': string | undefined;
}

/** What ends the lab early, and yet orderly. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Of every command that runs scenarios. */
export const RUN_OPTIONS = {
  scenario: {
    type: 'string',
    default: 'all',
    requiresArg: true,
    describe: 'names, with commas between, or all',
    // Given twice, yargs makes an array of it.
    coerce: (given: string | string[]): string => [given].flat().join(','),
  },
  nodes: { type: 'number', default: 3, requiresArg: true, describe: 'how many hosts' },
  runs: {
    type: 'number',
    requiresArg: true,
    describe: 'how often each scenario is repeated; the scenario knows by default',
  },
  'etcd-over': {
    choices: LINKS,
    default: 'end0',
    requiresArg: true,
    describe: 'link that carries etcd, where the scenario does not say it',
  },
  json: { type: 'string', requiresArg: true, describe: 'file for the result, as JSON' },
  'keep-logs': {
    type: 'string',
    requiresArg: true,
    describe: 'directory for the logs of daemons and etcd, and for evidence',
  },
} as const;

/** `vip-elector lab`: real daemons, real etcd and real faults, in network namespaces. */
export const labCommand: CommandModule<object, LabArguments> = {
  command: 'lab',
  describe: 'try it: hosts as network namespaces, real etcd, faults',
  builder: (yargs) =>
    yargs
      .options(RUN_OPTIONS)
      .epilogue(
        ['Scenarios:', ...SCENARIOS.map((s) => `  ${s.name}: ${s.summary} (${s.bound})`)].join(
          '\n',
        ),
      ),
  handler: (argv) =>
    runScenarios(argv, pickScenarios(names(argv)), { render: renderTable, ...standardStreams }),
};

/** The scenarios that a command line names. */
export function names({ scenario }: Pick<LabArguments, 'scenario'>): readonly string[] {
  return scenario.split(',').filter((name) => name !== '');
}

/** Where a command writes: the table to standard output, progress to standard error. */
interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

export const standardStreams: Output = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
};

interface RunScenariosOptions extends Output {
  readonly render: (results: readonly ScenarioResult[]) => string;
  readonly etcdProgram?: string;
}

/**
 * Runs scenarios and prints what came of them.
 * @throws OperatorError when a promise was broken (exit 1), or the lab cannot be here
 */
export async function runScenarios(
  argv: LabArguments,
  scenarios: readonly Scenario[],
  { render, etcdProgram, ...out }: RunScenariosOptions,
): Promise<void> {
  if (argv.runs !== undefined && !(Number.isInteger(argv.runs) && argv.runs > 0)) {
    throw new OperatorError('--runs is a whole number of at least 1', ExitCode.usage);
  }
  // yargs has refused other choices.
  const etcdOver = LINKS.find((link) => link === argv['etcd-over']) ?? 'end0';
  const startedAt = new Date(systemClock.wallMs()).toISOString();
  const results: ScenarioResult[] = [];
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!interrupt.signal.aborted) out.stderr(`${signal}: cleaning up\n`);
    interrupt.abort(new OperatorError(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await runSession({
      scenarios,
      lab: { nodes: argv.nodes, etcdOver, ...(etcdProgram !== undefined && { etcdProgram }) },
      evidenceDir: argv['keep-logs'] ?? join(tmpdir(), `vip-elector-evidence-${process.pid}`),
      ...(argv.runs !== undefined && { runs: argv.runs }),
      ...(argv['keep-logs'] !== undefined && { logsDir: argv['keep-logs'] }),
      onProgress: (line) => out.stderr(`${line}\n`),
      onResult: (result) => void results.push(result),
      signal: interrupt.signal,
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (results.length > 0) out.stdout(`${render(results)}\n`);
    if (argv.json !== undefined) {
      const result = toJson(results, startedAt, results.length === scenarios.length);
      await writeFile(argv.json, `${JSON.stringify(result, undefined, 2)}\n`);
    }
  }
  if (!allKept(results)) throw new OperatorError('the lab saw a promise broken');
}
