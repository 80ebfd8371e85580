import type { Document, Node, Tags } from 'yaml';
import { isAlias, isMap, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';

/** One document of a file, comments and order kept. */
export type Tree = Document;

/**
 * Numbers and booleans stay the text that they were: what we do not change is written again byte for
 * byte, be it a token that looks like a number. Only null is known, for an empty value is no text.
 */
const KEPT_TAGS = ['map', 'seq', 'str', 'null'].map((name) => `tag:yaml.org,2002:${name}`);

function textTags(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || KEPT_TAGS.includes(tag.tag));
}

/** Talos names the unit of a document's place: line and column, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The documents of a text, with their places. */
export interface Parsed {
  readonly trees: readonly Tree[];
  /** Where something in the text begins; undefined for what was added. */
  readonly placeOf: (node: unknown) => Place | undefined;
}

/**
 * Reads all YAML documents of a text. Anchors and merge keys are refused: a change at one place would
 * be a change at another.
 * @param name of the file, for messages
 * @throws OperatorError with line and column; it never quotes the text, which holds secrets
 */
export function parseText(text: string, name: string): Parsed {
  const lineCounter = new LineCounter();
  const options = {
    lineCounter,
    prettyErrors: false,
    schema: 'core',
    customTags: textTags,
    uniqueKeys: true,
    logLevel: 'silent',
  } as const;
  const parsed = parseAllDocuments(text, options);
  const trees = Array.isArray(parsed) ? (parsed as unknown as readonly Tree[]) : [];
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  for (const tree of trees) {
    const problem = tree.errors[0] ?? tree.warnings[0];
    if (problem !== undefined) {
      const said = problem.code.toLowerCase().replaceAll('_', ' ');
      throw new OperatorError(`${at(problem.pos[0])}: is no YAML (${said})`, ExitCode.usage);
    }
    visit(tree, {
      Node: (_key, node) => {
        const isAnchor = isAlias(node) || (node as { anchor?: string }).anchor !== undefined;
        if (!isAnchor && !(isScalar(node) && node.value === '<<')) return;
        const place = at(node.range?.[0] ?? 0);
        throw new OperatorError(
          `${place}: anchors, aliases and merge keys are not read here; write the value out`,
          ExitCode.usage,
        );
      },
    });
  }
  return {
    trees,
    placeOf: (node) => {
      const range = (node as Node | null | undefined)?.range;
      if (!range) return undefined;
      const { line, col } = lineCounter.linePos(range[0]);
      return { line, column: col };
    },
  };
}

/** The text of a scalar at a path, or undefined: no such thing, null, or no scalar. */
export function textAt(node: unknown, path: readonly (string | number)[]): string | undefined {
  const found = nodeAt(node, path);
  return isScalar(found) && found.value !== null ? wordOf(found) : undefined;
}

/** The node at a path below a map or list, or undefined. */
export function nodeAt(node: unknown, path: readonly (string | number)[]): unknown {
  let found = node;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !('get' in found)) return undefined;
    found = (found as { get(key: unknown, keep: boolean): unknown }).get(step, true);
  }
  return found;
}

/** Whether a document says nothing at all (a file that ends with `---`). */
export function isEmpty(tree: Tree): boolean {
  const { contents } = tree;
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** The keys of a map, as text. */
export function keysOf(node: unknown): string[] {
  if (!isMap(node)) return [];
  return node.items.map(({ key }) => wordOf(key));
}

/** The text of a scalar as it was written, but for its quotes; empty for null and what is none. */
export function wordOf(node: unknown): string {
  const value: unknown = isScalar(node) ? node.value : node;
  return typeof value === 'string' ? value : '';
}
