import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, ExitCode, OperatorError } from '../../../src/errors.ts';
import type { Contender } from './contender.ts';
import { daemon } from './daemon.ts';
import { keepalived } from './keepalived.ts';

/** In the order of the columns. */
export const CONTENDERS: readonly Contender[] = [
  daemon('fast'),
  daemon('steady'),
  daemon('seconds'),
  keepalived(1000),
  keepalived(100),
];

/**
 * The contenders that a list of names means, of those that there are; all without a list.
 * @throws OperatorError (usage) for a name that there is not
 */
export function pickContenders(
  names: readonly string[] | undefined,
  from: readonly Contender[],
): readonly Contender[] {
  if (names === undefined) return from;
  const known = from.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0 || names.length === 0) {
    const wrong = unknown.join(', ') || 'nothing';
    throw new OperatorError(`--only ${wrong}: there are ${known.join(', ')}`, ExitCode.usage);
  }
  return from.filter(({ name }) => names.includes(name));
}

const TEXTS = ['name', 'summary'] as const;
const FUNCTIONS = ['version', 'command'] as const;

/** What is wrong with what an adapter file exports; undefined: it is a contender. */
export function adapterProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'its default export is no object';
  const given = value as Partial<Record<keyof Contender, unknown>>;
  const text = TEXTS.find((key) => typeof given[key] !== 'string' || given[key] === '');
  if (text !== undefined) return `\`${text}\` is no text`;
  if (/[\s,]/.test(String(given.name))) return '`name` has a comma or a space';
  if (typeof given.etcd !== 'boolean') return '`etcd` is neither true nor false';
  if (typeof given.beatEveryMs !== 'number' || !(given.beatEveryMs > 0)) {
    return '`beatEveryMs` is no positive number';
  }
  if (!Array.isArray(given.notApplicable)) return '`notApplicable` is no list';
  const missing = FUNCTIONS.find((key) => typeof given[key] !== 'function');
  return missing === undefined ? undefined : `\`${missing}\` is no function`;
}

/**
 * Loads an adapter: a module whose default export is a `Contender`.
 * @throws OperatorError (usage) when it is none
 */
export async function loadAdapter(file: string): Promise<Contender> {
  let loaded: { default?: unknown };
  try {
    loaded = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  } catch (error) {
    throw new OperatorError(`--adapter ${file}: ${describe(error)}`, ExitCode.usage);
  }
  const problem = adapterProblem(loaded.default);
  if (problem !== undefined) {
    throw new OperatorError(`--adapter ${file}: ${problem}`, ExitCode.usage);
  }
  return loaded.default as Contender;
}
