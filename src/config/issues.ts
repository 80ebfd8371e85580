import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { Path } from './path.ts';
import { valueAt } from './path.ts';

/** One thing wrong at a place of the merged configuration. */
export interface Finding {
  readonly path: Path;
  readonly problem: string;
  readonly remedy: string;
  /** The value must not be shown: nobody knows what stands in an unknown field. */
  readonly hidden?: boolean;
}

/** Where an issue is in the tree: an entry of a list that is written as one text is that text. */
export function placeOf(issue: z.core.$ZodIssue, tree: unknown): Path {
  const place = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const holder = valueAt(tree, place.slice(0, -1));
  return typeof holder === 'string' ? place.slice(0, -1) : place;
}

/**
 * What an issue of a schema means to the operator.
 * @param knownNames names allowed at a place, for the did-you-mean
 */
export function issueFindings(
  issue: z.core.$ZodIssue,
  tree: unknown,
  knownNames: (place: Path) => string[],
): Finding[] {
  const path = placeOf(issue, tree);
  if (issue.code === 'custom') {
    return [{ path, problem: issue.message, remedy: String(issue.params?.['remedy']) }];
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownNames(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      problem: 'is no field of the configuration',
      remedy: didYouMean(key, known),
      hidden: true,
    }));
  }
  if (valueAt(tree, path) === null) {
    return [{ path, problem: 'is empty', remedy: 'give a value, or remove the line' }];
  }
  if (issue.code === 'invalid_value') {
    const remedy = `use one of ${issue.values.join(', ')}`;
    return [{ path, problem: 'is not allowed', remedy }];
  }
  if (issue.code === 'too_big') {
    const remedy = `at most ${issue.maximum} are allowed`;
    return [{ path, problem: 'has too many entries', remedy }];
  }
  return [{ path, ...wrongType(issue) }];
}

const WRONG_TYPES: Readonly<Record<string, { problem: string; remedy: string }>> = {
  string: { problem: 'is no text', remedy: 'put it in quotes' },
  boolean: { problem: 'is neither true nor false', remedy: 'write true or false' },
  array: { problem: 'is no list', remedy: 'begin each entry with a dash' },
  object: { problem: 'is no mapping', remedy: 'write lines such as name: value below it' },
};

function wrongType(issue: z.core.$ZodIssue): { problem: string; remedy: string } {
  if (issue.code === 'invalid_union') {
    const remedy = 'write a list, each entry in quotes where it looks like a number';
    return { problem: 'is neither a text nor a list of texts', remedy };
  }
  const known = issue.code === 'invalid_type' ? WRONG_TYPES[issue.expected] : undefined;
  return known ?? { problem: 'is not allowed', remedy: issue.message };
}
