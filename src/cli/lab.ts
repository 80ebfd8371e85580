import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { LAB_PROFILES, type LabProfile } from '../lab/bounds.ts';
import { interruptible } from '../lab/interruptible.ts';
import { FAMILIES, LINKS, type Families, type LinkName } from '../lab/names.ts';
import { allKept, renderTable, toJson } from '../lab/report.ts';
import { inWords, type ScenarioResult } from '../lab/runner.ts';
import type { Scenario } from '../lab/scenario.ts';
import { SCENARIOS } from '../lab/scenarios.ts';
import { pickScenarios, runSession } from '../lab/session.ts';
import { renderTrace } from '../lab/trace-report.ts';
import { runTracing } from '../lab/tracing.ts';

export interface LabArguments {
  scenario: string;
  nodes: number;
  runs: number | undefined;
  'etcd-over': string;
  profile: string;
  ip: string;
  json: string | undefined;
  'keep-logs': string | undefined;
}

/** Scenarios in which the old holder gives the address up itself. */
const TRACED = ['handover'] as const;

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
  profile: {
    choices: LAB_PROFILES,
    default: LAB_PROFILES[0],
    requiresArg: true,
    describe: 'what the daemons run with; mixed: each host another',
  },
  ip: {
    // Or yargs takes 4 and 6 for numbers, which are no choices.
    type: 'string',
    choices: FAMILIES,
    default: FAMILIES[0],
    requiresArg: true,
    describe: 'family of the VIPs; dual: one of each, in one group',
  },
  json: { type: 'string', requiresArg: true, describe: 'file for the result, as JSON' },
  'keep-logs': {
    type: 'string',
    requiresArg: true,
    describe: 'directory for the logs of daemons and etcd, and for evidence',
  },
} as const;

/** `vip-elector lab`: real daemons, real etcd and real faults, in network namespaces. */
export const labCommand: CommandModule<object, LabArguments & { trace: string | undefined }> = {
  command: 'lab',
  describe: 'try it: hosts as network namespaces, real etcd, faults',
  builder: (yargs) =>
    yargs
      .options(RUN_OPTIONS)
      .option('trace', {
        choices: TRACED,
        requiresArg: true,
        describe: 'instead of scenarios: the time of every step of a planned move',
      })
      .conflicts('trace', ['json', 'keep-logs'])
      .epilogue(
        [
          'Scenarios:',
          ...SCENARIOS.map((s) => `  ${s.name}: ${s.summary} (${inWords(s, LAB_PROFILES[0])})`),
        ].join('\n'),
      ),
  handler: (argv) =>
    argv.trace === undefined
      ? runScenarios(argv, pickScenarios(names(argv)), { render: renderTable, ...standardStreams })
      : runTrace(argv, argv.trace, standardStreams),
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

/** @throws OperatorError (usage) */
function requireRuns({ runs }: LabArguments): void {
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) {
    throw new OperatorError('--runs is a whole number of at least 1', ExitCode.usage);
  }
}

function etcdLink(argv: LabArguments): LinkName {
  // yargs has refused other choices.
  return LINKS.find((link) => link === argv['etcd-over']) ?? 'end0';
}

function families(argv: LabArguments): Families {
  return FAMILIES.find((one) => one === argv.ip) ?? FAMILIES[0];
}

function labProfile(argv: LabArguments): LabProfile {
  return LAB_PROFILES.find((one) => one === argv.profile) ?? LAB_PROFILES[0];
}

/**
 * Repeats a planned move and prints the time of its every step.
 * @throws OperatorError when the arguments are wrong, or the lab cannot be here
 */
async function runTrace(argv: LabArguments, name: string, out: Output): Promise<void> {
  requireRuns(argv);
  const [scenario] = pickScenarios([name]);
  if (scenario === undefined) throw new OperatorError(`no scenario ${name}`, ExitCode.usage);
  const onProgress = (line: string): void => out.stderr(`${line}\n`);
  const { nodes, runs = scenario.runs } = argv;
  const lab = {
    nodes,
    etcdOver: etcdLink(argv),
    profile: labProfile(argv),
    families: families(argv),
    onProgress,
  };
  const { steps, outagesMs } = await interruptible(onProgress, (signal) =>
    runTracing({ scenario, lab, runs, signal }),
  );
  out.stdout(`${renderTrace(steps, outagesMs)}\n`);
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
  requireRuns(argv);
  const etcdOver = etcdLink(argv);
  const profile = labProfile(argv);
  const startedAt = new Date(systemClock.wallMs()).toISOString();
  const results: ScenarioResult[] = [];
  const onProgress = (line: string): void => out.stderr(`${line}\n`);
  try {
    await interruptible(onProgress, (signal) =>
      runSession({
        scenarios,
        lab: {
          nodes: argv.nodes,
          etcdOver,
          profile,
          families: families(argv),
          ...(etcdProgram !== undefined && { etcdProgram }),
        },
        evidenceDir: argv['keep-logs'] ?? join(tmpdir(), `vip-elector-evidence-${process.pid}`),
        ...(argv.runs !== undefined && { runs: argv.runs }),
        ...(argv['keep-logs'] !== undefined && { logsDir: argv['keep-logs'] }),
        onProgress,
        onResult: (result) => void results.push(result),
        signal,
      }),
    );
  } finally {
    if (results.length > 0) out.stdout(`${render(results)}\n`);
    if (argv.json !== undefined) {
      const result = toJson(results, startedAt, results.length === scenarios.length);
      await writeFile(argv.json, `${JSON.stringify(result, undefined, 2)}\n`);
    }
  }
  if (!allKept(results)) throw new OperatorError('the lab saw a promise broken');
}
