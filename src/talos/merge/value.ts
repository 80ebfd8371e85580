import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isMap, isScalar, isSeq, Scalar } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { keysOf, nodeAt, wordOf } from '../document/syntax.ts';
import type { ListRule } from './rules.ts';
import { isMapReplaced, isUrl, listRule } from './rules.ts';

/** Where a value is: the kind of its document and the keys above it, without indices. */
export interface At {
  /** Empty for the v1alpha1 document. */
  readonly kind: string;
  readonly path: readonly string[];
  readonly dedupe: boolean;
}

/**
 * Merges the keys of a patch into a map, in place: keys keep their order, new ones follow.
 * @throws OperatorError where the two are of different shape
 */
export function mergeMap(left: YAMLMap, right: YAMLMap, at: At): void {
  for (const pair of right.items as Pair<Node, Node | null>[]) {
    const key = wordOf(pair.key);
    const place = { ...at, path: [...at.path, key] };
    const there = left.items.find((item) => wordOf(item.key) === key);
    if (there === undefined) {
      // Null is nothing: Talos would not write it either.
      if (!isNull(pair.value)) left.items.push(pair.clone());
    } else {
      there.value = merged(there.value as Node | null, pair.value, place);
    }
  }
}

/** The merged value: the left node changed in place wherever it can be, so that comments stay. */
function merged(left: Node | null, right: Node | null, at: At): Node | null {
  if (right === null || isNull(right)) return left;
  if (left === null || isNull(left)) return right.clone() as Node;
  if (isMap(left) && isMap(right)) {
    if (isMapReplaced(at.kind, at.path)) return right.clone() as Node;
    mergeMap(left, right, at);
    return left;
  }
  if (isSeq(left) && isSeq(right)) {
    return mergeList(left, right, at, listRule(at.kind, at.path, at.dedupe));
  }
  if (isScalar(left) && isScalar(right)) {
    mergeScalar(left, right, at);
    return left;
  }
  // An argument may be a text on one side and a list on the other.
  if (at.path.at(-2) === 'extraArgs') return right.clone() as Node;
  throw new OperatorError(
    `patch: ${at.path.join('.')} is ${shape(right)}, and ${shape(left)} in the configuration; ` +
      'write it in the same shape',
    ExitCode.usage,
  );
}

function mergeScalar(left: Scalar, right: Scalar, at: At): void {
  const text = wordOf(right);
  const isPlain = right.type === Scalar.PLAIN || right.type === undefined;
  // Talos cannot tell an empty text or a zero from what was not said.
  if (text === '' || (isPlain && text === '0')) return;
  const value = isUrl(at.kind, at.path) ? withPathOf(text, wordOf(left)) : text;
  if (value === wordOf(left)) return;
  left.value = value;
  if (right.type !== undefined) left.type = right.type;
}

/** The path of the old URL survives where the new one has none (Talos merges URLs by part). */
function withPathOf(url: string, old: string): string {
  const path = /^[^/]*\/\/[^/?#]*(\/[^?#]*)/;
  const kept = path.exec(old)?.[1];
  return kept === undefined || path.test(url) || !url.includes('//') ? url : `${url}${kept}`;
}

function mergeList(left: YAMLSeq, right: YAMLSeq, at: At, rule: ListRule): Node {
  switch (rule.kind) {
    case 'replace':
      return right.clone() as Node;
    case 'append':
      left.items.push(...right.items.map(cloned));
      return left;
    case 'set':
      for (const item of right.items) {
        if (!left.items.some((there) => isSame(there, item))) left.items.push(cloned(item));
      }
      return left;
    case 'keyed':
      for (const item of right.items) mergeElement(left, item, at, rule.keys);
      return left;
  }
}

/** The first key that the element has decides, and only an element with an equal one is its own. */
function mergeElement(left: YAMLSeq, item: unknown, at: At, keys: readonly string[]): void {
  const key = keys.find((name) => isMap(item) && nodeAt(item, [name]) !== undefined);
  const own = left.items.find((there) => {
    if (key === undefined || !isMap(there)) return false;
    // Of an entry with `interface` the selector is not looked at.
    const isOther = keys.some((name) => name !== key && there.has(name));
    return !isOther && isSelected(nodeAt(there, [key]), nodeAt(item, [key]));
  });
  if (isMap(own) && isMap(item)) mergeMap(own, item, at);
  else left.items.push(cloned(item));
}

/** Go compares the pointer of a selector's `physical`: one that sets it equals no other. */
function isSelected(left: unknown, right: unknown): boolean {
  const isNever = isMap(right) && keysOf(right).includes('physical');
  return left !== undefined && !isNever && isSame(left, right);
}

/** Whether two nodes say the same. */
export function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(plain(left)) === JSON.stringify(plain(right));
}

function plain(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(plain);
  if (!isMap(node)) return node;
  const entries = node.items.map(({ key, value }) => [String(plain(key)), plain(value)] as const);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function cloned(item: unknown): Node {
  return (item as Node).clone() as Node;
}

function isNull(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function shape(node: unknown): string {
  if (isMap(node)) return 'a map';
  return isSeq(node) ? 'a list' : 'a single value';
}
