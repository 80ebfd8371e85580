import { formatPath, valueAt } from '../../config/path.ts';
import type { Path } from '../../config/path.ts';
import type { Finding } from '../../config/issues.ts';
import type { ConfigProblem } from '../../errors.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { InventoryError, readTree } from '../inventory/load.ts';
import type { Inventory } from '../inventory/types.ts';
import type { Draft } from './draft.ts';
import { inferEndpoint } from './endpoint.ts';
import type { Said } from './facts.ts';

type Tree = Record<string, unknown>;

/**
 * The inventory that comes of all that was said.
 * @throws OperatorError with the places in the sources
 */
export function inventoryOf(draft: Draft): Inventory {
  if (draft.nodes.size === 0) {
    const remedy = 'import a file that does, or give --node NAME=ADDRESS=controlplane';
    throw new OperatorError(`no source names a machine: ${remedy}`, ExitCode.usage);
  }
  inferEndpoint(draft);
  const tree: Tree = {};
  const places = new Map<string, string>();
  const put = (path: Path, { value, where }: Said): void => {
    setAt(tree, path, value);
    places.set(formatPath(path), where);
  };
  for (const [path, said] of draft.entries()) put(path, said);
  for (const [at, facts] of [...draft.nodes.values()].entries()) {
    for (const [path, said] of facts.entries()) put(['nodes', at, ...path], said);
  }
  // Files of patches are absolute by now.
  const read = readTree(tree, '/');
  if ('machines' in read) return withoutImplied(read);
  throw new InventoryError(read.map((finding) => problemOf(finding, tree, places)));
}

/** Names that the certificate gets anyway are not said once more. */
function withoutImplied(inventory: Inventory): Inventory {
  const { certSans, vips, endpoint, machines, dnsName } = inventory;
  const implied = new Set([
    ...vips,
    ...endpoint.loadBalancerIps,
    ...endpoint.custom.map(({ host }) => host),
    ...machines.filter(({ role }) => role === 'controlplane').map(({ address }) => address),
    dnsName,
  ]);
  return { ...inventory, certSans: certSans.filter((san) => !implied.has(san)) };
}

function setAt(tree: Tree, path: Path, value: unknown): void {
  let holder: unknown = tree;
  for (const [at, step] of path.entries()) {
    const inner = holder as Record<string | number, unknown>;
    if (at === path.length - 1) inner[step] = value;
    else inner[step] ??= typeof path[at + 1] === 'number' ? [] : {};
    holder = inner[step];
  }
}

function problemOf(
  { path, problem, remedy, hidden }: Finding,
  tree: Tree,
  places: ReadonlyMap<string, string>,
): ConfigProblem {
  const value: unknown = hidden === true ? undefined : valueAt(tree, path);
  const scalar = typeof value === 'object' && value !== null ? undefined : value;
  for (let length = path.length; length > 0; length--) {
    const where = places.get(formatPath(path.slice(0, length)));
    const field = `${where} (${formatPath(path)})`;
    if (where !== undefined) return { field, value: scalar, problem, remedy };
  }
  return { field: formatPath(path), value: scalar, problem, remedy };
}
