/** Exit codes of the command line (design §7). */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  checkFailed: 3,
  missingPrivilege: 4,
  differs: 5,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error whose message is written for the person at the terminal: printed without a stack. */
export class OperatorError extends Error {
  override name = 'OperatorError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = ExitCode.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** The field as the operator wrote it: `--vip`, `VIP_ELECTOR_VIP` or `groups[0].vips[1]`. */
  readonly field: string;
  /** The value found, or undefined when the field is missing. Never a secret. */
  readonly value?: unknown;
  /** What is wrong. */
  readonly problem: string;
  /** What would be right. */
  readonly remedy: string;
}

/** All that is wrong with a configuration, reported at once (exit 2). */
export class ConfigError extends OperatorError {
  override name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ field, value, problem, remedy }) => {
      const shown = value === undefined ? '' : ` = ${JSON.stringify(value)}`;
      return `  ${field}${shown}: ${problem}; ${remedy}`;
    });
    super(`configuration refused:\n${lines.join('\n')}`, ExitCode.usage);
    this.problems = problems;
  }
}

/** A capability that the process lacks (exit 4). */
export class PrivilegeError extends OperatorError {
  override name = 'PrivilegeError';
  constructor(message: string) {
    super(message, ExitCode.missingPrivilege);
  }
}

/** Short text of anything thrown, with its causes, for messages and the log field `err`. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own}: ${describe(error.cause)}`;
}
