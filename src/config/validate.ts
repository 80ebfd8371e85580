import type { z } from 'zod';
import { parseDuration } from './duration.ts';
import { FIELDS } from './fields.ts';
import { GROUP_FIELDS } from './group-fields.ts';
import type { Finding } from './issues.ts';
import { issueFindings, placeOf } from './issues.ts';
import type { Path } from './path.ts';
import { formatPath, valueAt, without } from './path.ts';
import { refused } from './parsed.ts';
import type { Draft } from './schema.ts';
import { knownNames, schema } from './schema.ts';

/** What the schema makes of a tree. The draft has all that is right, so that rules can go on. */
export interface Validated {
  readonly draft: Draft;
  readonly findings: readonly Finding[];
  /** Places that the draft lacks because they were refused. */
  readonly refusedAt: readonly Path[];
}

const DURATIONS = new Set(
  [...FIELDS, ...GROUP_FIELDS].filter((f) => f.takes === 'DURATION').map((f) => f.path),
);

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

function places(issues: readonly z.core.$ZodIssue[], tree: unknown): Path[] {
  return issues.flatMap((issue) => {
    const place = placeOf(issue, tree);
    if (issue.code !== 'unrecognized_keys') return [place];
    return issue.keys.map((key) => [...place, key]);
  });
}

/** The path of the field at a place, as the tables of fields have it. */
function fieldOf(path: Path): string {
  return formatPath(path[0] === 'groups' ? path.slice(2) : path);
}

function findingsOf(issue: z.core.$ZodIssue, tree: unknown): Finding[] {
  const path = placeOf(issue, tree);
  const value = valueAt(tree, path);
  const wrongType = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  if (wrongType && typeof value === 'number' && DURATIONS.has(fieldOf(path))) {
    const outcome = parseDuration(String(value));
    if (refused(outcome)) return [{ path, ...outcome }];
  }
  return issueFindings(issue, tree, knownNames);
}
