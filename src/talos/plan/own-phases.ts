import type { Finding } from '../../config/issues.ts';
import { issueFindings } from '../../config/issues.ts';
import { parseFile } from '../../config/file.ts';
import { formatPath } from '../../config/path.ts';
import type { ConfigProblem } from '../../errors.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type * as zod from 'zod';
import { z } from '../../zod.ts';
import type { Phase, Step } from './plan.ts';

/** More of them is no plan that a person follows. */
const PHASES_MAX = 100;
const STEPS_MAX = 500;
/** A week: longer is no phase. */
const MINUTES_MAX = 7 * 24 * 60;

const shape = z.strictObject({
  text: z.string().min(1),
  command: z.string().optional(),
  commands: z.array(z.string()).optional(),
});
const stepSchema = z.union([z.string().min(1), shape]);
const phase = z.strictObject({
  title: z.string().min(1),
  minutes: z.int().min(0).max(MINUTES_MAX).default(5),
  after: z.string().optional(),
  steps: z.array(stepSchema).min(1).max(STEPS_MAX),
});
const schema = z.strictObject({ phases: z.array(phase).max(PHASES_MAX) });

/** A phase of the operator's own, and the phase that it follows. */
export interface OwnPhase {
  readonly phase: Phase;
  /** Undefined: before the last phase. */
  readonly after: string | undefined;
}

/**
 * Reads phases of the operator's own: `phases:`, each with title, minutes, after and steps.
 * @throws OperatorError with everything that is wrong, by line and column
 */
export function parseOwnPhases(text: string, name: string): OwnPhase[] {
  const file = parseFile(text, name);
  if (!('positionOf' in file)) throw refusal(file.map(line));
  const outcome = schema.safeParse(file.tree);
  if (outcome.success) {
    return outcome.data.phases.map(({ title, minutes, after, steps }, at) => ({
      phase: { id: `own-${at + 1}`, title, minutes, steps: steps.map(toStep) },
      after,
    }));
  }
  const findings = outcome.error.issues.flatMap((issue) =>
    issueFindings(issue, file.tree, () => Object.keys(phase.shape)),
  );
  throw refusal(
    findings.map(({ path, problem, remedy }: Finding) =>
      line({ field: `${name}:${file.positionOf(path)} ${formatPath(path)}`, problem, remedy }),
    ),
  );
}

/**
 * The phases with the operator's own among them, each behind the one that it names.
 * @throws OperatorError for one that follows a phase that is not there
 */
export function withOwnPhases(phases: readonly Phase[], own: readonly OwnPhase[]): Phase[] {
  const all = [...phases];
  const last = all.at(-1)?.id;
  // Those that name one first: the last phase must still be the last.
  const named = own.filter(({ after }) => after !== undefined);
  for (const { phase, after } of [...named, ...own.filter((one) => !named.includes(one))]) {
    const at = all.findIndex(({ id }) => id === (after ?? last));
    if (at === -1) {
      const known = phases.map(({ id }) => id).join(', ');
      const said = `after = ${JSON.stringify(after)}: is no phase of this plan; use one of ${known}`;
      throw new OperatorError(`phase ${JSON.stringify(phase.title)} ${said}`, ExitCode.usage);
    }
    if (after === undefined) all.splice(at, 0, phase);
    else all.splice(behindOwn(all, at), 0, phase);
  }
  return all;
}

/** Several behind the same phase keep their order. */
function behindOwn(all: readonly Phase[], at: number): number {
  let next = at + 1;
  while (all[next]?.id.startsWith('own-') === true) next += 1;
  return next;
}

function toStep(written: zod.output<typeof stepSchema>): Step {
  if (typeof written === 'string') return { text: written, commands: [] };
  const { text, command, commands = [] } = written;
  const lines = [...(command === undefined ? [] : [command]), ...commands];
  return { text, commands: lines.flatMap((one) => one.trimEnd().split('\n')) };
}

function line({ field, problem, remedy }: ConfigProblem): string {
  return `  ${field}: ${problem}; ${remedy}`;
}

function refusal(lines: readonly string[]): OperatorError {
  return new OperatorError(`phases refused:\n${lines.join('\n')}`, ExitCode.usage);
}
