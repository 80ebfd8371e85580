import { dirname, resolve } from 'node:path';
import { refused } from '../../config/parsed.ts';
import type { Path } from '../../config/path.ts';
import { isMapping } from '../../config/path.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Cidr } from '../../network/address.ts';
import { z } from '../../zod.ts';
import type { Strategy, VipOutputs } from '../address/choice.ts';
import { chooseVip, cidrHost } from '../address/choice.ts';
import { parseCidr } from '../address/text.ts';
import type { Draft } from './draft.ts';
import { HclExpression } from './hcl.ts';
import { addVip, splitPatch } from './patch.ts';
import type { Shaped, Source } from './shaped.ts';
import { shaped } from './shaped.ts';

const count = z.int().min(0).max(5000);
const overrides = z
  .record(
    z.string(),
    z.looseObject({ network: z.looseObject({ ip_address: z.string().optional() }).optional() }),
  )
  .optional();

/** The module's variables, as far as they place machines and VIP, with its defaults. */
const schema = z.looseObject({
  cluster: z.looseObject({
    name: z.string(),
    ip_base_offset: count.default(10),
    ha_vip: z.string().nullish(),
    ha_vip_interface: z.string().optional(),
    config_patches: z.array(z.unknown()).default([]),
  }),
  image: z.looseObject({ version: z.string().optional() }).optional(),
  network: z.looseObject({
    cidr: z.string(),
    gateway: z.string().optional(),
    dns_servers: z.array(z.string()).default([]),
  }),
  controlplane: z.looseObject({ count, overrides }),
  worker: z
    .looseObject({
      count: count.default(0),
      specs: z.looseObject({ ip_offset: count.default(10) }).prefault({}),
      overrides,
    })
    .prefault({}),
});
type Variables = ReturnType<typeof schema.parse>;

/** The module's default for the link, which on most machines is no link. */
const LINK_DEFAULT = 'eth0';

/**
 * Takes machines and VIP from the variables of terraform-proxmox-talos-cluster, or from a call of
 * the module, and places them as it does.
 * @param strategy where the VIP goes when the variables do not say it
 */
export function importTfvars(draft: Draft, given: Source, strategy: Strategy): void {
  const source = moduleCall(given);
  const read = shaped(source, schema);
  const { data, where } = read;
  const { cluster, network } = data;
  draft.say('name', cluster.name, where('cluster', 'name'));
  draft.say('talosVersion', data.image?.version, where('image', 'version'));
  draft.say('network.cidr', network.cidr, where('network', 'cidr'));
  draft.say('network.gateway', network.gateway, where('network', 'gateway'));
  for (const [at, server] of network.dns_servers.entries()) {
    draft.add('network.dns', server, where('network', 'dns_servers', at));
  }
  const outcome = parseCidr(network.cidr);
  if (refused(outcome)) throw at(where('network', 'cidr'), network.cidr, outcome.problem);
  const cidr = outcome.value;
  sayNodes(draft, read, cidr, 'controlplane');
  sayNodes(draft, read, cidr, 'worker');
  const { ha_vip } = vipOf(draft, read, cidr, strategy);
  if (ha_vip !== null) {
    const isSaid = cluster.ha_vip_interface !== undefined;
    const link = cluster.ha_vip_interface ?? LINK_DEFAULT;
    const place = where('cluster', isSaid ? 'ha_vip_interface' : 'name');
    draft.add('vips', ha_vip, where('cluster', 'ha_vip'));
    draft.say('endpoint.mode', 'talosvip', where('controlplane', 'count'));
    draft.say('vipLink', link, place);
    // The module's platform gives the machines their addresses.
    for (const facts of draft.nodesOf('controlplane')) facts.say('dhcp', false, place);
    if (link === LINK_DEFAULT) {
      draft.note(
        `${place}: the VIP goes to ${link}; see that the machines have a link of this name`,
      );
    }
  } else {
    draft.say('endpoint.mode', 'none', where('controlplane', 'count'));
  }
  sayPatches(draft, read, source.name);
}

/** Variables stand at the top of tfvars, or in the one call of the module. */
function moduleCall(source: Source): Source {
  const { tree } = source.file;
  if (!isMapping(tree['module'])) return source;
  const calls = Object.entries(tree['module']).filter(
    ([, body]) => isMapping(body) && 'cluster' in body && 'controlplane' in body,
  );
  const [call] = calls;
  if (calls.length !== 1 || call === undefined) {
    throw new OperatorError(
      `${source.name}: calls the module ${calls.length} times; leave one cluster in a file`,
      ExitCode.usage,
    );
  }
  const [name, body] = call;
  const { file: whole } = source;
  const file = {
    tree: body as Record<string, unknown>,
    lineOf: (place: Path) => whole.lineOf(['module', name, ...place]),
    positionOf: (place: Path) => whole.positionOf(['module', name, ...place]),
  };
  return { name: source.name, file };
}

function sayNodes(
  draft: Draft,
  { data, where }: Shaped<Variables>,
  cidr: Cidr,
  role: 'controlplane' | 'worker',
): void {
  const { cluster, worker } = data;
  const from = cluster.ip_base_offset + (role === 'worker' ? worker.specs.ip_offset : 0);
  const own = data[role].overrides ?? {};
  const names = Array.from({ length: data[role].count }, (_, at) => `${role}-${at + 1}`);
  for (const [at, name] of names.entries()) {
    const placed = own[name]?.network?.ip_address;
    const path = placed === undefined ? ['count'] : ['overrides', name, 'network', 'ip_address'];
    const place = where(role, ...path);
    const facts = draft.node(name, place);
    facts.say('role', role, place);
    facts.say('address', placed ?? cidrHost(cidr, from + at), place);
  }
  const stray = Object.keys(own).find((name) => !names.includes(name));
  if (stray !== undefined) {
    const problem = `is none of the ${names.length} machines ${role}-1, …`;
    throw at(where(role, 'overrides', stray), stray, problem);
  }
}

function vipOf(
  draft: Draft,
  { data, where }: Shaped<Variables>,
  cidr: Cidr,
  strategy: Strategy,
): VipOutputs {
  const { cluster, controlplane, worker } = data;
  if (controlplane.count === 1 && typeof cluster.ha_vip === 'string') {
    draft.note(`${where('cluster', 'ha_vip')}: is not used with one control plane`);
  }
  const taken = [...draft.nodes.values()].map((facts) => String(facts.said('address')?.value));
  return chooseVip({
    cidr,
    controlplanes: controlplane.count,
    workers: worker.count,
    baseOffset: cluster.ip_base_offset,
    workerOffset: worker.specs.ip_offset,
    strategy,
    ...(typeof cluster.ha_vip === 'string' && { explicit: cluster.ha_vip }),
    taken: [...taken, ...(data.network.gateway === undefined ? [] : [data.network.gateway])],
  });
}

/** Texts, and files that are named; what Terraform computes is left to the operator. */
function sayPatches(draft: Draft, { data, where }: Shaped<Variables>, name: string): void {
  for (const [index, patch] of data.cluster.config_patches.entries()) {
    const place = where('cluster', 'config_patches', index);
    const path = filePath(patch);
    if (path !== undefined) {
      draft.add('patches.all', { file: resolve(dirname(name), path) }, place);
    } else if (typeof patch === 'string') {
      const { vips, rest } = splitPatch(draft, patch, place);
      for (const vip of vips) addVip(draft, vip, draft.nodesOf('controlplane'), true);
      if (rest !== undefined) draft.add('patches.all', { text: rest }, place);
    } else {
      draft.note(`${place}: is an expression; add the patch to the inventory by hand`);
    }
  }
}

function filePath(patch: unknown): string | undefined {
  if (!(patch instanceof HclExpression)) return undefined;
  return /^file\("(?:\$\{path\.(?:module|root)\}\/)?([^"$]+)"\)$/.exec(patch.text)?.[1];
}

function at(where: string, value: string, problem: string): OperatorError {
  return new OperatorError(`${where} = ${JSON.stringify(value)}: ${problem}`, ExitCode.usage);
}
