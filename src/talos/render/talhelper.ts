import type { Document } from 'yaml';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { findVips, withoutVips } from '../import/vip-parts.ts';
import { machinesOf } from '../inventory/types.ts';
import { parseTalosVersion } from '../version.ts';
import type { PatchSource } from './vip-patch.ts';
import { vipOnlyPatch } from './vip-patch.ts';

const GROUP = ['controlPlane', 'patches'];
type Path = readonly (string | number)[];

/** What a talconfig.yaml needs for the VIP: endpoint, SANs and the patch, for all or for each. */
export function talhelperFragment(source: PatchSource): string {
  const { inventory, endpoint } = source;
  const planes = machinesOf(inventory, 'controlplane');
  const own = planes.map((machine) => vipOnlyPatch(machine, source)?.trimEnd());
  const isCommon = own.every((patch) => patch === own[0]);
  const tree = {
    endpoint: endpoint.url,
    additionalApiServerCertSans: endpoint.sans,
    ...(own[0] !== undefined && isCommon && { controlPlane: { patches: [own[0]] } }),
    ...(!isCommon && {
      nodes: planes.map(({ name, address }, at) => ({
        hostname: name,
        ipAddress: address,
        controlPlane: true,
        patches: [own[at]],
      })),
    }),
  };
  return stringify(tree, { lineWidth: 0 });
}

/** The version that a talconfig names, for the dialect. */
export function versionOfTalconfig(text: string) {
  const version: unknown = parseDocument(text, { prettyErrors: false }).get('talosVersion');
  const outcome = typeof version === 'string' ? parseTalosVersion(version) : undefined;
  return outcome !== undefined && 'value' in outcome ? outcome.value : undefined;
}

/**
 * A talconfig.yaml with the inventory's endpoint, SANs and VIP in it: comments and the order of keys
 * stay, and so does every byte where it says all of it already.
 * @throws OperatorError where the two contradict
 */
export function mergeTalconfig(text: string, name: string, source: PatchSource): string {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined || !isMap(document.contents)) {
    const { line, col } = lines.linePos(error?.pos[0] ?? 0);
    throw new OperatorError(`${name}:${line}:${col}: is no talconfig.yaml`, ExitCode.usage);
  }
  const before = String(document);
  const { inventory, endpoint } = source;
  setText(document, ['clusterName'], inventory.name, name, false);
  setText(document, ['endpoint'], endpoint.url, name, true);
  addMissing(document, 'additionalApiServerCertSans', endpoint.sans);
  refuseVips(document, name);
  const planes = machinesOf(inventory, 'controlplane').map((machine) => ({
    machine,
    patch: vipOnlyPatch(machine, source)?.trimEnd(),
    at: nodeOf(document, machine.name, name),
  }));
  const [common] = planes.map(({ patch }) => patch);
  // A machine with overridePatches does not get those of its group.
  const overrides = ({ at }: { at: number }) =>
    document.getIn(['nodes', at, 'overridePatches']) === true;
  const isCommon = planes.every((plane) => plane.patch === common && !overrides(plane));
  putPatch(document, GROUP, isCommon ? common : undefined);
  for (const { patch, at } of planes) {
    putPatch(document, ['nodes', at, 'patches'], isCommon ? undefined : patch);
  }
  return String(document) === before ? text : document.toString({ lineWidth: 0 });
}

function setText(
  document: Document,
  path: Path,
  value: string,
  name: string,
  mayChange: boolean,
): void {
  const before: unknown = document.getIn(path);
  if (before === value) return;
  if (before !== undefined && !mayChange) {
    throw new OperatorError(
      `${name}: ${path.join('.')} = ${JSON.stringify(before)}, but the inventory is of ` +
        `${JSON.stringify(value)}; take the inventory of this cluster`,
      ExitCode.usage,
    );
  }
  const node: unknown = document.getIn(path, true);
  if (isScalar(node)) node.value = value;
  else document.setIn(path, value);
}

function addMissing(document: Document, key: string, values: readonly string[]): void {
  const there: unknown = document.get(key, true);
  if (!isSeq(there)) {
    document.set(key, document.createNode(values));
    return;
  }
  const known = new Set(there.items.map((item) => (isScalar(item) ? String(item.value) : '')));
  for (const value of values) if (!known.has(value)) there.items.push(document.createNode(value));
}

function nodeOf(document: Document, hostname: string, name: string): number {
  const nodes: unknown = document.get('nodes', true);
  const at = isSeq(nodes)
    ? nodes.items.findIndex((node) => isMap(node) && node.get('hostname') === hostname)
    : -1;
  if (at >= 0) return at;
  const remedy = 'add it there, or take it out of the inventory';
  throw new OperatorError(`${name}: has no node ${hostname}; ${remedy}`, ExitCode.usage);
}

/** In place of the patch that had a VIP, what else it said kept; else at the end. */
function putPatch(document: Document, path: Path, patch: string | undefined): void {
  const list: unknown = document.getIn(path, true);
  if (!isSeq(list)) {
    if (patch !== undefined) document.setIn(path, document.createNode([patch]));
    return;
  }
  const texts = list.items.map((item) => (isScalar(item) ? String(item.value) : ''));
  // The very patch is there: nothing is to be done, and the others keep their places.
  if (patch !== undefined && texts.some((text) => text.trimEnd() === patch)) return;
  let isPut = patch === undefined;
  list.items = list.items.flatMap((item, at) => {
    const rest = restOf(texts[at] ?? '');
    if (rest.isOwn) {
      const kept = [...(isPut || patch === undefined ? [] : [patch]), ...rest.texts];
      isPut = true;
      return kept.map((text) => document.createNode(text));
    }
    return [item];
  });
  if (!isPut) list.items.push(document.createNode(patch));
  if (list.items.length === 0) document.deleteIn(path);
}

function restOf(text: string): { readonly isOwn: boolean; readonly texts: readonly string[] } {
  let config: MachineConfig;
  try {
    config = MachineConfig.parse(text, 'patch');
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    // A file, a JSON patch, a template: not ours to change.
    return { isOwn: false, texts: [text] };
  }
  if (findVips(config).length === 0) return { isOwn: false, texts: [text] };
  const rest = withoutVips(config);
  return { isOwn: true, texts: rest === undefined ? [] : [rest] };
}

/** A VIP below networkInterfaces would stand beside that of the patch. */
function refuseVips(document: Document, name: string): void {
  const nodes: unknown = document.get('nodes', true);
  const count = isSeq(nodes) ? nodes.items.length : 0;
  const holders: Path[] = [
    ['controlPlane'],
    ...Array.from({ length: count }, (_, at) => ['nodes', at]),
  ];
  for (const holder of holders) {
    const links: unknown = document.getIn([...holder, 'networkInterfaces'], true);
    if (!isSeq(links)) continue;
    const text = stringify({
      machine: { network: { interfaces: links.toJS(document) as unknown } },
    });
    const [found] = findVips(MachineConfig.parse(text, name));
    if (found === undefined) continue;
    throw new OperatorError(
      `${name}: ${holder.join('.')}.networkInterfaces has the VIP ${found.ip}; take it out there: ` +
        'it comes by a patch',
      ExitCode.usage,
    );
  }
}
