import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { parseDuration } from './duration.ts';
import { FIELDS } from './fields.ts';
import type { Path } from './path.ts';
import { formatPath, valueAt, without } from './path.ts';
import { refused } from './parsed.ts';
import type { Draft } from './schema.ts';
import { knownNames, schema } from './schema.ts';

/** One thing wrong at a place of the merged configuration. */
export interface Finding {
  readonly path: Path;
  readonly problem: string;
  readonly remedy: string;
  /** The value must not be shown: nobody knows what stands in an unknown field. */
  readonly hidden?: boolean;
}

/** What the schema makes of a tree. The draft has all that is right, so that rules can go on. */
export interface Validated {
  readonly draft: Draft;
  readonly findings: readonly Finding[];
  /** Places that the draft lacks because they were refused. */
  readonly refusedAt: readonly Path[];
}

const DURATIONS = new Set(FIELDS.filter((f) => f.takes === 'DURATION').map((f) => f.path));

/** Checks every field of a merged tree against the schema, and keeps those that are right. */
export function validate(tree: unknown): Validated {
  const first = schema.safeParse(tree);
  if (first.success) return { draft: first.data, findings: [], refusedAt: [] };
  const findings = first.error.issues.flatMap((issue) => findingsOf(issue, tree));
  const rest = schema.safeParse(without(tree, places(first.error.issues, tree)) ?? {});
  // Without a draft the rules would miss what is there: then nothing but the findings is said.
  const refusedAt = rest.success ? findings.map(({ path }) => path) : [[]];
  return { draft: rest.success ? rest.data : {}, findings, refusedAt };
}

/** Where an issue is in the tree: an entry of a list that is written as one text is that text. */
function placeOf(issue: z.core.$ZodIssue, tree: unknown): Path {
  const place = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const holder = valueAt(tree, place.slice(0, -1));
  return typeof holder === 'string' ? place.slice(0, -1) : place;
}

function places(issues: readonly z.core.$ZodIssue[], tree: unknown): Path[] {
  return issues.flatMap((issue) => {
    const place = placeOf(issue, tree);
    if (issue.code !== 'unrecognized_keys') return [place];
    return issue.keys.map((key) => [...place, key]);
  });
}

function findingsOf(issue: z.core.$ZodIssue, tree: unknown): Finding[] {
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
  const value = valueAt(tree, path);
  if (typeof value === 'number' && DURATIONS.has(formatPath(path))) {
    const outcome = parseDuration(String(value));
    if (refused(outcome)) return [{ path, ...outcome }];
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
