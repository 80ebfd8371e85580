import { createRequire } from 'node:module';
import type { Document, LineCounter } from 'yaml';
import { describe } from '../errors.ts';
import type { ConfigProblem } from '../errors.ts';
import type { Path } from './path.ts';
import { isMapping } from './path.ts';

/** A configuration file: what it says, and on which line. */
export interface ConfigFile {
  readonly tree: Readonly<Record<string, unknown>>;
  /** Line (from 1) of the nearest thing at or above a place; undefined for an empty file. */
  lineOf(place: Path): number | undefined;
  /** The same with the column (from 1): `3:7`. */
  positionOf(place: Path): string | undefined;
}

type Yaml = typeof import('yaml');

/** Loaded only where a file is given: flags alone do not need its 40 ms and 2 MiB. */
function loadYaml(): Yaml {
  return createRequire(import.meta.url)('yaml') as Yaml;
}

/** How far aliases may unfold: a file with a "billion laughs" is refused, not unfolded. */
const ALIASES_MAX = 100;

/**
 * Reads YAML 1.2 text.
 * @param name of the file, for messages
 * @returns the file, or all that is wrong with its syntax
 */
export function parseFile(text: string, name: string): ConfigFile | readonly ConfigProblem[] {
  const yaml = loadYaml();
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return document.errors.map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { field: `${name}:${line}:${col}`, problem: 'is no YAML', remedy: message };
    });
  }
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    return [{ field: name, problem: 'cannot be unfolded', remedy: describe(error) }];
  }
  if (tree === null) return { tree: {}, lineOf: () => undefined, positionOf: () => undefined };
  if (!isMapping(tree)) {
    const remedy = 'write lines such as node: pi-1';
    return [{ field: name, problem: 'is no mapping of fields', remedy }];
  }
  const parsed = { yaml, document, lines };
  return {
    tree,
    lineOf: (place) => positionOf(parsed, place)?.line,
    positionOf: (place) => {
      const position = positionOf(parsed, place);
      return position && `${position.line}:${position.col}`;
    },
  };
}

interface Parsed {
  readonly yaml: Yaml;
  readonly document: Document;
  readonly lines: LineCounter;
}

function positionOf(
  { yaml, document, lines }: Parsed,
  place: Path,
): { readonly line: number; readonly col: number } | undefined {
  for (let length = place.length; length >= 0; length--) {
    const node: unknown = document.getIn(place.slice(0, length), true);
    if (yaml.isNode(node) && node.range) return lines.linePos(node.range[0]);
  }
  return undefined;
}
