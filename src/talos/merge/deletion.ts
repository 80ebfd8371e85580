import type { Node, Pair, YAMLMap } from 'yaml';
import { isMap, isSeq } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { nodeAt, textAt, wordOf } from '../document/syntax.ts';

const DIRECTIVE = '$patch';

/** An element of a list, by the first key that its deletion names. */
interface Selector {
  readonly key: string;
  readonly value: string;
}

/** What is to be deleted: keys, the last of which may be an element of a list. */
interface Deletion {
  readonly path: readonly string[];
  readonly element?: Selector;
}

/** Whether a map is told to be deleted. */
export function isDeletion(node: unknown): node is YAMLMap {
  if (!isMap(node) || !node.has(DIRECTIVE)) return false;
  const said = textAt(node, [DIRECTIVE]);
  if (said === 'delete') return true;
  throw new OperatorError(
    `patch: ${DIRECTIVE}: ${said} is unknown; only delete is`,
    ExitCode.usage,
  );
}

/**
 * Takes the deletions out of a patch's document, and carries them out on the map: they come first,
 * the rest of the document after them, as with Talos.
 * @param id of the document, for messages
 * @throws OperatorError with Talos's own words when there is no such thing
 */
export function deleteFrom(map: YAMLMap, patch: YAMLMap, id: string): void {
  for (const deletion of collect(patch, [])) remove(map, deletion, id);
}

/** @returns what a patch deletes; the patch is left without it */
function collect(patch: YAMLMap, path: readonly string[]): Deletion[] {
  const found: Deletion[] = [];
  patch.items = (patch.items as Pair<Node, Node>[]).filter(({ key, value }) => {
    const own = [...path, wordOf(key)];
    if (isDeletion(value)) {
      found.push({ path: own });
      return false;
    }
    if (isMap(value)) {
      const before = value.items.length;
      found.push(...collect(value, own));
      return before === 0 || value.items.length > 0;
    }
    if (isSeq(value)) {
      const before = value.items.length;
      value.items = value.items.filter((item, at) => {
        if (!isDeletion(item)) {
          refuseInner(item, [...own, `[${at}]`]);
          return true;
        }
        found.push({ path: own, element: selectorOf(item, own) });
        return false;
      });
      return before === 0 || value.items.length > 0;
    }
    return true;
  });
  return found;
}

function refuseInner(item: unknown, path: readonly string[]): void {
  if (!isMap(item)) return;
  for (const { key, value } of item.items) {
    const own = [...path, wordOf(key)];
    if (isDeletion(value)) {
      throw new OperatorError(
        `cannot delete an inner key in '${own.join('.')}'; vip-elector talos unset can`,
        ExitCode.usage,
      );
    }
    refuseInner(value, own);
  }
}

function selectorOf(item: YAMLMap, path: readonly string[]): Selector {
  for (const { key, value } of item.items) {
    const name = wordOf(key);
    if (name !== DIRECTIVE) return { key: name, value: wordOf(value) };
  }
  throw new OperatorError(
    `patch: ${path.join('.')}: name the element to delete by one of its keys`,
    ExitCode.usage,
  );
}

function remove(map: YAMLMap, { path, element }: Deletion, id: string): void {
  const fail = (): never => {
    const said = path.join('.');
    throw new OperatorError(
      `patch delete: path '${said}' in document '${id}': failed to delete path '${said}': lookup failed`,
      ExitCode.usage,
    );
  };
  if (element === undefined) {
    if (!map.hasIn(path) || !map.deleteIn(path)) fail();
    return;
  }
  const list = nodeAt(map, path);
  if (!isSeq(list)) return fail();
  const at = list.items.findIndex((item) => textAt(item, [element.key]) === element.value);
  if (at < 0) return fail();
  list.items.splice(at, 1);
}
