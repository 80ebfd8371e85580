/** What is to be said of one node. Pure. */
import type { Finding } from '../../check/finding.ts';
import { fail, ok, warn } from '../../check/finding.ts';
import { refused } from '../../config/parsed.ts';
import { subnetContains } from '../../network/address.ts';
import type { Inventory } from '../inventory/types.ts';
import { formatTalosVersion, parseTalosVersion } from '../version.ts';
import { etcdOf, valueOf, type NodeLook } from './look.ts';

/** Whether it answers, and is in service. */
export function stateFinding({ machine, state }: NodeLook): Finding {
  const name = `${machine.name} state`;
  if ('error' in state) {
    const remedy = 'is it on, and is its port 50000 reachable? in maintenance mode: talos recover';
    return fail(name, `does not answer: ${state.error}`, remedy);
  }
  const { stage, ready, unmet } = state.value;
  const lacks = unmet.length === 0 ? '' : ` (${unmet.join('; ')})`;
  if (stage === 'maintenance') {
    return fail(name, 'waits for a configuration', 'apply one: vip-elector talos recover');
  }
  if (stage === 'running' && ready) return ok(name, 'running, ready');
  return fail(
    name,
    `is ${stage}, ${ready ? 'ready' : 'not ready'}${lacks}`,
    'wait, then see talosctl dmesg',
  );
}

/** Talos's election is by host name: two of one name depose each other for ever. */
export function hostnameFindings(looks: readonly NodeLook[]): Finding[] {
  return looks.flatMap((look): Finding[] => {
    const own = valueOf(look.hostname);
    if (own === undefined) return [];
    const { name } = look.machine;
    const twins = looks.filter((other) => other !== look && valueOf(other.hostname) === own);
    if (twins.length > 0) {
      const others = twins.map(({ machine }) => machine.name).join(', ');
      const remedy = 'give each its own: they depose each other in the election of the VIP';
      return [fail(`${name} host name`, `is called ${own}, as ${others} is`, remedy)];
    }
    if (own === name || own.startsWith(`${name}.`)) return [ok(`${name} host name`, own)];
    return [warn(`${name} host name`, `is called ${own}`, 'write that name in the inventory')];
  });
}

/** The version, and what is known to be wrong with it. */
export function versionFindings({ machine, version }: NodeLook, inventory: Inventory): Finding[] {
  const text = valueOf(version);
  if (text === undefined) return [];
  const name = `${machine.name} version`;
  const outcome = parseTalosVersion(text);
  if (refused(outcome)) return [warn(name, `says ${JSON.stringify(text)}`, outcome.remedy)];
  const { minor, patch = 0, prerelease } = outcome.value;
  const wanted = inventory.talosVersion;
  if (wanted !== undefined && wanted.minor !== minor) {
    const said = `is ${text}, the inventory says ${formatTalosVersion(wanted)}`;
    return [
      warn(name, said, 'the form of the configuration depends on it: put the inventory right'),
    ];
  }
  if (minor === 12 && patch === 0 && prerelease?.startsWith('rc') === true) {
    const said = `${text} takes a VIP of a Layer2VIPConfig for an address of etcd`;
    return [fail(name, said, 'use v1.12.0 or later')];
  }
  // Fixed in v1.12.11, v1.13.8 and v1.14.0 (Talos's commits 07a7bc334, d76938912, f7790816e).
  const fixedIn: Readonly<Record<number, number>> = { 12: 11, 13: 8 };
  if (minor < 12 || patch < (fixedIn[minor] ?? 0)) {
    const said = `${text}: a candidate that left may hold up the next for 60 s more`;
    return [warn(name, said, 'v1.12.11, v1.13.8 and v1.14.0 do not have this defect')];
  }
  return [ok(name, text)];
}

/** Whether the link of the VIP is there by that exact name, and up. */
export function linkFinding(look: NodeLook, wanted: string): Finding {
  const name = `${look.machine.name} link`;
  const links = valueOf(look.links);
  if (links === undefined) return warn(name, 'its links are not known', 'see its state');
  const found = links.find((one) => [one.name, ...one.otherNames].includes(wanted));
  if (found !== undefined && !found.up) {
    return fail(name, `${wanted} is down`, 'look at cable and switch port');
  }
  if (found !== undefined) return ok(name, `${wanted} is up`);
  const own = (valueOf(look.addresses) ?? []).find(
    ({ address }) => address.split('/')[0] === look.machine.address,
  );
  const up = links.filter((one) => one.up && one.name !== 'lo').map((one) => one.name);
  const hint = own === undefined ? '' : `; its own address is on ${own.link}: write that`;
  const remedy = `links that are up: ${up.join(', ') || 'none'}${hint}`;
  return fail(name, `has no link ${wanted}: Talos says nothing of it and does nothing`, remedy);
}

/** The link that a node is to have its VIP on: of the inventory, by name or by MAC. */
export function wantedLink(
  { machine, links }: NodeLook,
  { vipLink }: Inventory,
): string | undefined {
  if (machine.link !== undefined) return machine.link;
  if (machine.mac === undefined) return vipLink;
  return (valueOf(links) ?? []).find(({ mac }) => mac.toLowerCase() === machine.mac)?.name;
}

/** Whether the VIP is an address of the LAN that the link is in. */
export function subnetFinding(look: NodeLook, vip: string, link: string): Finding[] {
  const addresses = valueOf(look.addresses) ?? [];
  const there = addresses.filter(
    ({ address, link: on }) => on === link && !address.endsWith('/32'),
  );
  const name = `${look.machine.name} subnet`;
  if (there.length === 0) return [];
  const holds = there.some(({ address }) => {
    const [base = '', prefix = ''] = address.split('/');
    return subnetContains(base, Number(prefix), vip);
  });
  if (holds) return [ok(name, `${vip} is in the LAN of ${link}`)];
  const said = `${vip} is in no subnet of ${link} (${there.map(({ address }) => address).join(', ')})`;
  return [fail(name, said, 'choose a VIP of that LAN: neighbours would not ask for it')];
}

/** Talos elects the owner in etcd: without it nobody has the VIP. */
export function etcdFinding(look: NodeLook): Finding {
  const name = `${look.machine.name} etcd`;
  const known = etcdOf(look);
  if (known === undefined) return warn(name, 'not known', 'see its state');
  if (known) return ok(name, 'runs and is healthy');
  const remedy = 'bootstrapped? talosctl etcd status, talosctl service etcd';
  return fail(name, 'does not run, or is not healthy', remedy);
}
