import type * as zod from 'zod';
import type { ConfigFile } from '../../config/file.ts';
import { parseFile } from '../../config/file.ts';
import { issueFindings, placeOf } from '../../config/issues.ts';
import type { Path } from '../../config/path.ts';
import { formatPath, valueAt } from '../../config/path.ts';
import { InventoryError, problemOf } from '../inventory/load.ts';
import { HclExpression } from './hcl.ts';

/** A file that was read, with the place of everything in it. */
export interface Source {
  /** As the operator gave it. */
  readonly name: string;
  readonly file: ConfigFile;
}

/** What a source says in the shape that its kind has, and where. */
export interface Shaped<T> {
  readonly data: T;
  /** `talconfig.yaml:3:7 nodes[0].hostname`. */
  readonly where: (...path: Path) => string;
}

/** Reads YAML or JSON, aliases and all. @throws InventoryError */
export function readSource(text: string, name: string): Source {
  const file = parseFile(text, name);
  if ('positionOf' in file) return { name, file };
  throw new InventoryError(file, name);
}

/** @throws InventoryError with all that is of another shape */
export function shaped<T>({ name, file }: Source, schema: zod.ZodType<T>): Shaped<T> {
  const outcome = schema.safeParse(file.tree);
  if (outcome.success) {
    const where = (...path: Path): string => {
      const position = file.positionOf(path);
      return `${name}${position === undefined ? '' : `:${position}`} ${formatPath(path)}`;
    };
    return { data: outcome.data, where };
  }
  const findings = outcome.error.issues.flatMap((issue) => {
    const path = placeOf(issue, file.tree);
    if (valueAt(file.tree, path) instanceof HclExpression) {
      return [{ path, problem: 'is an expression', remedy: 'write its value here' }];
    }
    return issueFindings(issue, file.tree, () => []);
  });
  throw new InventoryError(
    findings.map((finding) => problemOf(finding, file, name)),
    name,
  );
}
