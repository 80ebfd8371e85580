import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ConfigFile } from '../../config/file.ts';
import { parseFile } from '../../config/file.ts';
import type { Finding } from '../../config/issues.ts';
import { issueFindings } from '../../config/issues.ts';
import { formatPath, valueAt } from '../../config/path.ts';
import type { ConfigProblem } from '../../errors.ts';
import { describe, ExitCode, OperatorError } from '../../errors.ts';
import { ruleFindings } from './rules.ts';
import type { Written } from './schema.ts';
import { knownNames, schema } from './schema.ts';
import type { Inventory, Patch } from './types.ts';

/** An inventory of more than this is none. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** All that is wrong with an inventory, or with what one is made of, each with its place (exit 2). */
export class InventoryError extends OperatorError {
  override name = 'InventoryError';
  readonly problems: readonly ConfigProblem[];
  /** @param what is refused */
  constructor(problems: readonly ConfigProblem[], what = 'inventory') {
    const lines = problems.map(({ field, value, problem, remedy }) => {
      const shown = value === undefined ? '' : ` = ${JSON.stringify(value)}`;
      return `  ${field}${shown}: ${problem}; ${remedy}`;
    });
    super(`${what} refused:\n${lines.join('\n')}`, ExitCode.usage);
    this.problems = problems;
  }
}

/** Reads a text file of the operator's. @throws OperatorError */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new OperatorError(`${path}: cannot be read: ${describe(error)}`, ExitCode.usage);
  }
  if (bytes.length > FILE_BYTES_MAX) {
    throw new OperatorError(`${path}: is larger than ${FILE_BYTES_MAX} bytes`, ExitCode.usage);
  }
  return bytes.toString('utf8');
}

/** Reads an inventory from a file. Files of patches are found beside it. @throws OperatorError */
export async function loadInventory(path: string): Promise<Inventory> {
  return parseInventory(await readText(path), path);
}

/**
 * Reads the text of an inventory: YAML or JSON.
 * @param name of its file, for messages and for the directory of its patches
 * @throws InventoryError with everything that is wrong, by line and column
 */
export function parseInventory(text: string, name: string): Inventory {
  const file = parseFile(text, name);
  if (!('positionOf' in file)) throw new InventoryError(file);
  const read = readTree(file.tree, dirname(name));
  if ('machines' in read) return read;
  throw new InventoryError(read.map((finding) => problemOf(finding, file, name)));
}

/**
 * Makes an inventory of what a file says.
 * @param directory of its files of patches
 * @returns the inventory, or all that is wrong with it
 */
export function readTree(tree: unknown, directory: string): Inventory | readonly Finding[] {
  const outcome = schema.safeParse(tree);
  if (!outcome.success) {
    return outcome.error.issues.flatMap((issue) => issueFindings(issue, tree, knownNames));
  }
  const inventory = toInventory(outcome.data, directory);
  const findings = ruleFindings(inventory);
  return findings.length > 0 ? findings : inventory;
}

/** A finding with the line and column that it is about. */
export function problemOf(
  { path, problem, remedy, hidden }: Finding,
  file: ConfigFile,
  name: string,
): ConfigProblem {
  const position = file.positionOf(path);
  const place = position === undefined ? name : `${name}:${position}`;
  const value: unknown = hidden === true ? undefined : valueAt(file.tree, path);
  const scalar = typeof value === 'object' && value !== null ? undefined : value;
  return { field: `${place} ${formatPath(path)}`, value: scalar, problem, remedy };
}

function toInventory(written: Written, directory: string): Inventory {
  const { nodes, patches, ...rest } = written;
  const beside = (list: readonly Patch[]): Patch[] =>
    list.map((patch) => ('file' in patch ? { file: resolve(directory, patch.file) } : patch));
  return defined<Inventory>({
    ...rest,
    endpoint: defined(rest.endpoint),
    network: defined(rest.network),
    machines: nodes.map((node) => defined({ ...node, patches: beside(node.patches) })),
    patches: {
      all: beside(patches.all),
      controlplane: beside(patches.controlplane),
      worker: beside(patches.worker),
    },
  });
}

type Loose<T> = { [K in keyof T]: T[K] | undefined };

/** Without the fields that are undefined, which a type with exact optional fields does not take. */
function defined<T extends object>(loose: Loose<T>): T {
  const kept = Object.entries(loose).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as T;
}
