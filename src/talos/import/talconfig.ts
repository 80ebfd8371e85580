import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { z } from '../../zod.ts';
import { readText } from '../inventory/load.ts';
import type { Draft } from './draft.ts';
import { ENDPOINT_URL } from './endpoint.ts';
import type { Facts } from './facts.ts';
import { addVip, splitPatch } from './patch.ts';
import type { Shaped, Source } from './shaped.ts';
import { shaped } from './shaped.ts';
import type { FoundVip } from './vip-parts.ts';

const patches = z.array(z.string()).default([]);
const networkInterfaces = z.array(z.looseObject({})).optional();
const group = z.looseObject({ patches, networkInterfaces }).prefault({});

/** What a talconfig.yaml (talhelper 3) says of cluster, machines and patches. */
const schema = z.looseObject({
  clusterName: z.string(),
  talosVersion: z.string().optional(),
  kubernetesVersion: z.string().optional(),
  endpoint: z.string(),
  additionalApiServerCertSans: z.array(z.string()).default([]),
  clusterPodNets: z.array(z.string()).default([]),
  clusterSvcNets: z.array(z.string()).default([]),
  patches,
  nodes: z
    .array(
      z.looseObject({
        hostname: z.string(),
        ipAddress: z.string(),
        controlPlane: z.boolean().default(false),
        patches,
        networkInterfaces,
      }),
    )
    .min(1),
  controlPlane: group,
  worker: group,
});
type Talconfig = ReturnType<typeof schema.parse>;
type Role = 'controlplane' | 'worker';
const GROUPS = { controlplane: 'controlPlane', worker: 'worker' } as const;

/** A patch of the file that is one of the inventory, and where it stands. */
interface Kept {
  readonly patch: { readonly text: string } | { readonly file: string };
  readonly where: string;
}

/** Takes cluster, machines, VIPs and patches from a talhelper configuration. */
export async function importTalconfig(draft: Draft, source: Source): Promise<void> {
  const read = shaped(source, schema);
  const { data, where } = read;
  draft.say('name', data.clusterName, where('clusterName'));
  draft.say('talosVersion', data.talosVersion, where('talosVersion'));
  draft.say('kubernetesVersion', data.kubernetesVersion, where('kubernetesVersion'));
  draft.say(ENDPOINT_URL, data.endpoint, where('endpoint'));
  const lists = [
    ['certSans', 'additionalApiServerCertSans'],
    ['network.podCidrs', 'clusterPodNets'],
    ['network.serviceCidrs', 'clusterSvcNets'],
  ] as const;
  for (const [field, key] of lists) {
    for (const [at, text] of data[key].entries()) draft.add(field, text, where(key, at));
  }
  for (const at of data.nodes.keys()) sayNode(draft, read, at);
  await sayPatches(draft, read, source.name);
}

function sayNode(draft: Draft, { data, where }: Shaped<Talconfig>, at: number): void {
  const node = data.nodes[at];
  if (node === undefined) return;
  const [address = '', ...others] = node.ipAddress.split(',').map((text) => text.trim());
  const place = where('nodes', at, 'ipAddress');
  const facts = draft.node(node.hostname, where('nodes', at, 'hostname'));
  facts.say('address', address, place);
  const role = roleOf(node);
  facts.say('role', role, where('nodes', at, 'controlPlane'));
  if (others.length > 0) draft.note(`${place}: ${others.join(', ')} are left out`);
  // A machine's own list takes the place of its group's, whole.
  const own = node.networkInterfaces;
  const links = own ?? data[GROUPS[role]].networkInterfaces;
  if (links === undefined) return;
  const from =
    own === undefined
      ? where(GROUPS[role], 'networkInterfaces')
      : where('nodes', at, 'networkInterfaces');
  const text = stringify({ machine: { network: { interfaces: links } } }, { lineWidth: 0 });
  const { vips, rest } = splitPatch(draft, text, from);
  addVips(draft, vips, role, [facts], false, from);
  if (rest !== undefined) facts.add('patches', { text: rest }, from);
}

function roleOf({ controlPlane }: Talconfig['nodes'][number]): Role {
  return controlPlane ? 'controlplane' : 'worker';
}

/**
 * talhelper applies those of a group, then those of a machine, and the global ones last: where there
 * are others, the global ones go to the end of every machine's.
 */
async function sayPatches(draft: Draft, read: Shaped<Talconfig>, name: string): Promise<void> {
  const { data, where } = read;
  const planes = draft.nodesOf('controlplane');
  const keep = async (
    list: readonly string[],
    path: string[],
    nodes: readonly Facts[],
    role: Role,
  ) =>
    (
      await Promise.all(
        list.map((text, at) => kept(draft, { text, where: where(...path, at), name }, nodes, role)),
      )
    ).flat();
  let hasOthers = false;
  for (const role of ['controlplane', 'worker'] as const) {
    const path = [GROUPS[role], 'patches'];
    const nodes = draft.nodesOf(role);
    for (const each of await keep(data[GROUPS[role]].patches, path, nodes, role)) {
      draft.add(`patches.${role}`, each.patch, each.where);
      hasOthers = true;
    }
  }
  for (const [at, node] of data.nodes.entries()) {
    const facts = draft.node(node.hostname, where('nodes', at, 'hostname'));
    const place = where('nodes', at, 'patches');
    for (const [index, text] of node.patches.entries()) {
      const given = { text, where: `${place}[${index}]`, name };
      for (const each of await kept(draft, given, [facts], roleOf(node), false)) {
        facts.add('patches', each.patch, each.where);
        hasOthers = true;
      }
    }
  }
  for (const { patch, where } of await keep(data.patches, ['patches'], planes, 'controlplane')) {
    if (!hasOthers) draft.add('patches.all', patch, where);
    else for (const facts of draft.nodes.values()) facts.add('patches', patch, where);
  }
}

async function kept(
  draft: Draft,
  given: { readonly text: string; readonly where: string; readonly name: string },
  nodes: readonly Facts[],
  role: Role,
  isCommon = true,
): Promise<Kept[]> {
  const { where } = given;
  const file = given.text.startsWith('@')
    ? resolve(dirname(given.name), given.text.slice(1))
    : undefined;
  const text = file === undefined ? given.text : await readText(file);
  if (/\$\{|\{\{/.test(text)) {
    draft.note(`${where}: talhelper fills in what stands in \${…} and {{…}}; write it out`);
  }
  const { vips, rest } = splitPatch(draft, text, file ?? where);
  addVips(draft, vips, role, nodes, isCommon, where);
  if (file !== undefined) {
    // Its text may be secret: it stays where it is.
    if (vips.length > 0) draft.note(`${where}: its VIP is in the inventory now; take it out of it`);
    return [{ patch: { file }, where }];
  }
  return rest === undefined ? [] : [{ patch: { text: rest }, where }];
}

function addVips(
  draft: Draft,
  vips: readonly FoundVip[],
  role: Role,
  nodes: readonly Facts[],
  isCommon: boolean,
  where: string,
): void {
  for (const vip of vips) {
    if (role === 'controlplane') addVip(draft, vip, nodes, isCommon);
    else draft.note(`${where}: gives ${vip.ip} to a worker, where it is not allowed; left out`);
  }
}
