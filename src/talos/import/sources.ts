import { refused } from '../../config/parsed.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Strategy } from '../address/choice.ts';
import { parseAddress } from '../address/text.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { readText } from '../inventory/load.ts';
import type { Inventory } from '../inventory/types.ts';
import { Draft } from './draft.ts';
import { inventoryOf } from './finish.ts';
import { parseHcl } from './hcl.ts';
import type { NamedNode } from './machine-config.ts';
import { importMachineConfig } from './machine-config.ts';
import {
  addCommonVips,
  importConfigMap,
  importHelmValues,
  importSharedIp,
  isHelmValues,
} from './operator.ts';
import type { Source } from './shaped.ts';
import { readSource } from './shaped.ts';
import { importTalconfig } from './talconfig.ts';
import { importTfvars } from './tfvars.ts';
import type { FoundVip } from './vip-parts.ts';

/** What an inventory can be made of. */
export const SOURCE_KINDS = [
  'talconfig',
  'tfvars',
  'helm',
  'configmap',
  'sharedip',
  'machineconfig',
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** A file with its text, and the kind that the operator has said it is. */
export interface GivenSource {
  readonly name: string;
  readonly text: string;
  readonly kind?: SourceKind;
}

export interface ImportOptions {
  readonly nodes: readonly NamedNode[];
  readonly strategy: Strategy;
  /** Read the operator's settings as it reads them. */
  readonly lenient: boolean;
}

/** An inventory, and what is to be known of how it came to be. */
export interface Imported {
  readonly inventory: Inventory;
  readonly notes: readonly string[];
}

/** Reads `FILE` or `KIND:FILE`. @throws OperatorError */
export async function readGiven(given: string): Promise<GivenSource> {
  const [, prefix, rest] = /^([a-z]+):(.+)$/.exec(given) ?? [];
  const kind = SOURCE_KINDS.find((each) => each === prefix);
  const name = kind === undefined || rest === undefined ? given : rest;
  return { name, text: await readText(name), ...(kind !== undefined && { kind }) };
}

/** Makes an inventory of all sources together. @throws OperatorError where they contradict */
export async function importSources(
  given: readonly GivenSource[],
  { nodes, strategy, lenient }: ImportOptions,
): Promise<Imported> {
  const draft = new Draft();
  for (const node of nodes) sayNamed(draft, node, given);
  const common: FoundVip[] = [];
  for (const { name, text, kind: said } of given) {
    const kind = said ?? kindByName(name);
    if (kind === 'tfvars') {
      const isJson = name.endsWith('.json') || text.trimStart().startsWith('{');
      const source = isJson ? readSource(text, name) : { name, file: parseHcl(text, name) };
      importTfvars(draft, source, strategy);
      continue;
    }
    if (kind === 'machineconfig' || (kind === undefined && isMachineConfig(text))) {
      const own = nodes.filter((node) => node.of === name);
      importMachineConfig(draft, MachineConfig.parse(text, name), own);
      continue;
    }
    const source = readSource(text, name);
    switch (kind ?? kindOf(source)) {
      case 'talconfig':
        await importTalconfig(draft, source);
        break;
      case 'helm':
        importHelmValues(draft, source, lenient);
        break;
      case 'configmap':
        common.push(...importConfigMap(draft, source));
        break;
      case 'sharedip':
        importSharedIp(draft, source);
        break;
      case 'tfvars':
        importTfvars(draft, source, strategy);
    }
  }
  addCommonVips(draft, common);
  return { inventory: inventoryOf(draft), notes: draft.notes };
}

function kindByName(name: string): SourceKind | undefined {
  return /\.(?:tfvars|tf|hcl|tfvars\.json)$/.test(name) ? 'tfvars' : undefined;
}

/** A machine configuration says `machine:` or holds documents of Talos; several documents are one. */
function isMachineConfig(text: string): boolean {
  return /^(?:machine|version: v1alpha1|apiVersion: v1alpha1)\b/m.test(text);
}

function kindOf({ name, file: { tree } }: Source): Exclude<SourceKind, 'machineconfig'> {
  if (tree['kind'] === 'ConfigMap') return 'configmap';
  if (tree['kind'] === 'ControlPlaneVirtualSharedIP') return 'sharedip';
  if (tree['clusterName'] !== undefined && tree['nodes'] !== undefined) return 'talconfig';
  if (isMapping(tree['cluster']) && isMapping(tree['controlplane'])) return 'tfvars';
  if (isHelmValues(tree)) return 'helm';
  const known = valueAt(tree, ['items']) === undefined ? '' : '; a list is no single object';
  throw new OperatorError(
    `${name}: is none of ${SOURCE_KINDS.join(', ')}${known}; say which it is: KIND:${name}`,
    ExitCode.usage,
  );
}

function sayNamed(draft: Draft, node: NamedNode, given: readonly GivenSource[]): void {
  const facts = draft.node(node.name, node.where);
  facts.say('address', node.address, node.where);
  if (node.of === 'controlplane' || node.of === 'worker') {
    facts.say('role', node.of, node.where);
  } else if (!given.some(({ name }) => name === node.of)) {
    const remedy = 'name controlplane, worker, or one of the files';
    throw new OperatorError(
      `${node.where}: ${node.of} is no role or file; ${remedy}`,
      ExitCode.usage,
    );
  }
}

/** Reads `NAME=ADDRESS=ROLE` or `NAME=ADDRESS=FILE`. @throws OperatorError */
export function parseNamedNode(text: string): NamedNode {
  const [name = '', given = '', ...rest] = text.split('=');
  const address = parseAddress(given);
  const where = `--node = ${JSON.stringify(text)}`;
  if (name === '' || rest.length === 0 || refused(address)) {
    const remedy = 'write NAME=ADDRESS=controlplane, NAME=ADDRESS=worker or NAME=ADDRESS=FILE';
    throw new OperatorError(`${where}: is no machine; ${remedy}`, ExitCode.usage);
  }
  return { name, address: address.value, of: rest.join('='), where };
}
