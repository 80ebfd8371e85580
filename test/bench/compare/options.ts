import { parseArgs } from 'node:util';
import { describe, ExitCode, OperatorError } from '../../../src/errors.ts';

/** What `npm run bench` is asked for. */
export interface BenchOptions {
  /** Of each scenario; each has its own number when absent. */
  readonly runs: number | undefined;
  /** Names of contenders; all when absent. */
  readonly only: readonly string[] | undefined;
  /** Names of scenarios, and `idle` for the costs; all when absent. */
  readonly scenarios: readonly string[] | undefined;
  /** Modules that name further contenders. */
  readonly adapters: readonly string[];
  /** Where the result goes as JSON, too. */
  readonly json: string | undefined;
  /** Results of earlier parts; rendered together with what is measured now. */
  readonly from: readonly string[];
  /** Measure nothing: only render `from`. */
  readonly render: boolean;
  /** Directory for `bench.md` and `bench.svg`. */
  readonly out: string;
}

export const USAGE = `npm run bench -- [options]
  --runs N           how often each scenario is repeated
  --only A,B         contenders: names of columns
  --scenario A,B     scenarios; idle measures the costs
  --adapter FILE     a module that describes another program (test/bench/compare/contender.ts)
  --json FILE        the result as JSON, too
  --from FILE,FILE   results of earlier parts, to be shown together with this one
  --render           measure nothing, only show what --from has
  --out DIR          for bench.md and bench.svg; docs by default
`;

/** @throws OperatorError (usage) */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parsed(args);
  const { runs } = values;
  if (runs !== undefined && !/^[1-9]\d*$/.test(runs)) {
    throw new OperatorError(`--runs ${runs}: a whole number of at least 1`, ExitCode.usage);
  }
  const from = list(values.from) ?? [];
  if (values.render === true && from.length === 0) {
    throw new OperatorError('--render needs --from', ExitCode.usage);
  }
  return {
    runs: runs === undefined ? undefined : Number(runs),
    only: list(values.only),
    scenarios: list(values.scenario),
    adapters: values.adapter ?? [],
    json: values.json,
    from,
    render: values.render === true,
    out: values.out,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        runs: text,
        only: text,
        scenario: text,
        adapter: { ...text, multiple: true },
        json: text,
        from: text,
        render: { type: 'boolean' },
        out: { ...text, default: 'docs' },
      },
    });
  } catch (error) {
    throw new OperatorError(`${describe(error)}\n${USAGE}`, ExitCode.usage);
  }
}

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
