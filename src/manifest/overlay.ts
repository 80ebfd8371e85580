import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { YAMLMap } from 'yaml';
import { isMap, isSeq, parseDocument } from 'yaml';
import { didYouMean } from '../config/did-you-mean.ts';
import { ExitCode, OperatorError } from '../errors.ts';
import { applyOperation } from '../talos/merge/json-patch.ts';
import { parseText, textAt, type Tree } from '../talos/document/syntax.ts';

/** Beside both `src/` and `dist/`. */
const KUBERNETES = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));
const KUSTOMIZATION = 'kustomization.yaml';

/** The objects of a kustomization, and what its file says at its head. */
export interface Manifest {
  /** The comment at the head of the file, and before it those of what it builds on. */
  readonly head: string;
  readonly trees: readonly Tree[];
}

/** Names of the overlays in `deploy/kubernetes/overlays`. */
export function overlayNames(): string[] {
  return readdirSync(join(KUBERNETES, 'overlays')).toSorted();
}

/**
 * What `kubectl kustomize` makes of an overlay, its comments kept.
 * @param overlay name of a directory in `deploy/kubernetes/overlays`; undefined: the base
 * @throws OperatorError when there is none of that name
 */
export function buildOverlay(overlay: string | undefined): Manifest {
  if (overlay === undefined) return build(join(KUBERNETES, 'base'));
  const names = overlayNames();
  if (names.includes(overlay)) return build(join(KUBERNETES, 'overlays', overlay));
  const remedy = didYouMean(overlay, names);
  throw new OperatorError(`--overlay = "${overlay}": is no overlay; ${remedy}`, ExitCode.usage);
}

/** The object of a kind, of which there is one. @throws TypeError */
export function objectOf(trees: readonly Tree[], kind: string): YAMLMap {
  const found = trees.find(({ contents }) => textAt(contents, ['kind']) === kind)?.contents;
  if (!isMap(found)) throw new TypeError(`no ${kind} in the manifest`);
  return found;
}

/** The part of kustomize that our own files use: resources, and JSON patches of one object each. */
function build(directory: string): Manifest {
  const text = readFileSync(join(directory, KUSTOMIZATION), 'utf8');
  const { resources = [], patches = [] } = parseDocument(text).toJS() as {
    resources?: readonly string[];
    patches?: readonly { target: { kind: string }; path: string }[];
  };
  const parts = resources.map((resource) =>
    resource.endsWith('.yaml')
      ? { head: '', trees: treesOf(directory, resource) }
      : build(join(directory, resource)),
  );
  const trees = parts.flatMap((part) => part.trees);
  for (const { target, path } of patches) patch(objectOf(trees, target.kind), directory, path);
  return {
    head: [...parts.map(({ head }) => head), headOf(text)].filter(Boolean).join('#\n'),
    trees,
  };
}

/** The comment lines before anything else. */
function headOf(text: string): string {
  return /^(?:#.*\n)*/.exec(text)?.[0] ?? '';
}

function treesOf(directory: string, file: string): readonly Tree[] {
  return parseText(readFileSync(join(directory, file), 'utf8'), file).trees;
}

function patch(map: YAMLMap, directory: string, path: string): void {
  const operations = treesOf(directory, path)[0]?.contents;
  if (!isSeq(operations)) throw new TypeError(`${path} is no list of operations`);
  for (const operation of operations.items) applyOperation(map, operation as YAMLMap);
}
