import type { Node, YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { nodeAt, textAt } from '../document/syntax.ts';
import { isSame } from './value.ts';

/**
 * Carries out one operation of a JSON patch (RFC 6902) on a map.
 * @throws OperatorError naming the operation and the path
 */
export function applyOperation(map: YAMLMap, operation: YAMLMap): void {
  const op = textAt(operation, ['op']) ?? '';
  const pointer = textAt(operation, ['path']) ?? '';
  const value = operation.get('value', true) as Node | undefined;
  const from = textAt(operation, ['from']) ?? '';
  switch (op) {
    case 'add':
      return add(map, pointer, needed(value, op, pointer));
    case 'remove':
      return void take(map, pointer, op);
    case 'replace':
      return replace(map, pointer, needed(value, op, pointer));
    case 'move':
      return add(map, pointer, take(map, from, op));
    case 'copy':
      return add(map, pointer, needed(nodeAt(map, keysTo(map, from)) as Node, op, from));
    case 'test':
      if (isSame(nodeAt(map, keysTo(map, pointer)), needed(value, op, pointer))) return;
      return refuse(op, pointer, 'the value is another');
    default:
      refuse(op, pointer, 'no such operation; there are add, remove, replace, move, copy and test');
  }
}

function needed(value: Node | undefined, op: string, pointer: string): Node {
  return value === undefined ? refuse(op, pointer, 'there is no value') : (value.clone() as Node);
}

function add(map: YAMLMap, pointer: string, value: Node): void {
  const keys = keysTo(map, pointer);
  const last = keys.at(-1);
  const owner = nodeAt(map, keys.slice(0, -1));
  if (isMap(owner) && typeof last === 'string') {
    owner.set(last, value);
  } else if (isSeq(owner)) {
    const at = last === '-' ? owner.items.length : Number(last);
    if (!Number.isInteger(at) || at < 0 || at > owner.items.length) {
      refuse('add', pointer, 'there is no such place in the list');
    }
    owner.items.splice(at, 0, value);
  } else {
    refuse('add', pointer, 'there is nothing to add it to');
  }
}

function replace(map: YAMLMap, pointer: string, value: Node): void {
  const keys = keysTo(map, pointer);
  if (nodeAt(map, keys) === undefined) refuse('replace', pointer, 'there is no such thing');
  map.setIn(keys, value);
}

function take(map: YAMLMap, pointer: string, op: string): Node {
  const keys = keysTo(map, pointer);
  const node = nodeAt(map, keys);
  if (node === undefined || !map.deleteIn(keys)) refuse(op, pointer, 'there is no such thing');
  return node as Node;
}

/** The steps of a JSON pointer: numbers where a list is. */
function keysTo(map: YAMLMap, pointer: string): (string | number)[] {
  if (!pointer.startsWith('/')) refuse('path', pointer, 'must begin with /');
  const keys: (string | number)[] = [];
  for (const part of pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const isIndex = isSeq(nodeAt(map, keys)) && /^(?:0|[1-9]\d*)$/.test(key);
    keys.push(isIndex ? Number(key) : key);
  }
  return keys;
}

function refuse(op: string, pointer: string, problem: string): never {
  throw new OperatorError(`JSON patch: ${op} ${pointer}: ${problem}`, ExitCode.usage);
}

/** Whether a list is a JSON patch. */
export function isJsonPatch(node: unknown): boolean {
  return isSeq(node) && node.items.every((item) => isMap(item) && isScalar(item.get('op', true)));
}
