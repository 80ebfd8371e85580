import type { YAMLMap } from 'yaml';
import { isMap, isSeq } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { isEmpty, parseText } from '../document/syntax.ts';
import { documentOf, MachineConfig } from '../document/machine-config.ts';
import { deleteFrom, isDeletion } from './deletion.ts';
import { applyOperation, isJsonPatch } from './json-patch.ts';
import { mergeMap } from './value.ts';

/** A patch as it was given. */
export interface Patch {
  /** File name or what stands for it, for messages. */
  readonly name: string;
  readonly text: string;
}

export interface MergeOptions {
  /** False: as Talos does, what is in a list of SANs or addresses already is added again. */
  readonly dedupe: boolean;
}

/**
 * The configuration with the patches applied one after the other, by Talos's rules (reference §3).
 * Comments, the order of keys and every byte of what is not patched stay.
 * @returns a new configuration; the one given is as it was
 * @throws OperatorError naming the patch
 */
export function applyPatches(
  config: MachineConfig,
  patches: readonly Patch[],
  options: MergeOptions = { dedupe: true },
): MachineConfig {
  const result = MachineConfig.parse(config.toString(), config.name);
  for (const patch of patches) applyPatch(result, patch, options);
  return result;
}

function applyPatch(config: MachineConfig, { name, text }: Patch, options: MergeOptions): void {
  const { trees } = parseText(text, name);
  const filled = trees.filter((tree) => !isEmpty(tree));
  const [first] = filled;
  if (first !== undefined && isSeq(first.contents)) {
    if (filled.length === 1 && isJsonPatch(first.contents)) {
      applyJson(config, first.contents.items as YAMLMap[]);
      return;
    }
    throw new OperatorError(
      `${name}: a patch is a map, or a list of JSON patch operations with op and path`,
      ExitCode.usage,
    );
  }
  for (const { tree, map, id, kind } of MachineConfig.parse(text, name).documents) {
    const own = config.documents.find((document) => document.id === id);
    if (isDeletion(map)) {
      if (kind === '') {
        throw new OperatorError(
          `${name}: can't delete the root of the legacy document`,
          ExitCode.usage,
        );
      }
      config.documents = config.documents.filter((document) => document !== own);
      continue;
    }
    if (own === undefined) {
      const added = documentOf(tree.clone());
      deleteFrom(added.map, added.map, id);
      config.documents = [...config.documents, added];
      continue;
    }
    deleteFrom(own.map, map, id);
    mergeMap(own.map, map, { kind, path: [], dedupe: options.dedupe });
  }
}

function applyJson(config: MachineConfig, operations: readonly YAMLMap[]): void {
  const [only] = config.documents;
  if (config.documents.length !== 1 || only === undefined) {
    throw new OperatorError(
      'JSON6902 patches are not supported for multi-document machine configuration',
      ExitCode.usage,
    );
  }
  for (const operation of operations) {
    if (isMap(operation)) applyOperation(only.map, operation);
  }
}
