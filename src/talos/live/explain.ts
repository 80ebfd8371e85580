import type { Finding } from '../../check/finding.ts';
import { fail, ok, warn } from '../../check/finding.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import { etcdOf, owns, valueOf, type NodeLook } from './look.ts';
import {
  etcdFinding,
  hostnameFindings,
  linkFinding,
  stateFinding,
  versionFindings,
} from './node-findings.ts';

/** Why somebody or nobody has a VIP, and everything that it was read from. */
export interface Explanation {
  readonly vip: string;
  readonly owners: readonly string[];
  /** The first thing to put right, in a sentence. */
  readonly conclusion: string;
  readonly findings: readonly Finding[];
}

/** Goes through what a VIP needs, in the order in which it needs it. Pure. */
export function explainVip(
  vip: string,
  looks: readonly NodeLook[],
  inventory: Inventory,
): Explanation {
  const owners = looks.filter((look) => owns(look, vip)).map(({ machine }) => machine.name);
  const findings = [
    ...looks.map(stateFinding),
    ...planesFindings(inventory),
    ...looks.filter(answered).map(etcdFinding),
    ...looks.filter(answered).flatMap((look) => configFindings(look, vip)),
    ...hostnameFindings(looks),
    ...looks.flatMap((look) => versionFindings(look, inventory)),
    ownerFinding(vip, owners, looks),
  ];
  return { vip, owners, conclusion: conclusionOf(vip, owners, looks, findings), findings };
}

const answered = ({ state }: NodeLook): boolean => 'value' in state;

function planesFindings(inventory: Inventory): Finding[] {
  const planes = machinesOf(inventory, 'controlplane').length;
  if (planes === 2) {
    const said = 'two: when one is down etcd has no majority, and nobody may have the VIP';
    return [warn('control planes', said, 'use three')];
  }
  if (planes % 2 === 1) return [ok('control planes', String(planes))];
  return [
    warn('control planes', `${planes} survive no more than ${planes - 1}`, 'use an odd number'),
  ];
}

function configFindings(look: NodeLook, vip: string): Finding[] {
  const name = `${look.machine.name} VIP`;
  const known = valueOf(look.vips);
  if (known === undefined) {
    return [warn(name, 'its configuration cannot be read', 'use a talosconfig with os:admin')];
  }
  const links = known.filter((one) => one.vip === vip).map(({ link }) => link);
  const [link, ...more] = links;
  if (link === undefined) {
    const remedy = 'render, integrate and apply the inventory';
    return [fail(name, `${vip} is not in its configuration`, remedy)];
  }
  const twice =
    more.length === 0
      ? []
      : [fail(name, `${vip} is on ${links.join(' and ')}: they depose each other`, 'keep one')];
  return [...twice, ok(name, `${vip} on ${link}`), linkFinding(look, link)];
}

function ownerFinding(vip: string, owners: readonly string[], looks: readonly NodeLook[]): Finding {
  const [only] = owners;
  const asked = looks.filter(({ addresses }) => 'value' in addresses).length;
  if (owners.length === 1) return ok('owner', `${only} has ${vip}`);
  if (owners.length > 1) {
    const remedy = 'for less than a second it is a handover; else see the findings above';
    return fail('owner', `${owners.join(' and ')} have ${vip} at once`, remedy);
  }
  return fail('owner', `none of the ${asked} that answered has ${vip}`, 'see the findings above');
}

function conclusionOf(
  vip: string,
  owners: readonly string[],
  looks: readonly NodeLook[],
  findings: readonly Finding[],
): string {
  const rest = findings.filter(({ name, verdict }) => verdict === 'fail' && name !== 'owner');
  if (owners.length === 1) {
    const more = rest.length === 0 ? '' : '; yet it could not move to every other: see what fails';
    return `${owners[0]} has ${vip}, and nobody else${more}.`;
  }
  const running = looks.filter((look) => etcdOf(look) === true).length;
  if (owners.length === 0 && running === 0) {
    return (
      `Nobody has ${vip}, for etcd runs on no node that answered: Talos elects the owner there. Is ` +
      "the cluster bootstrapped (vip-elector talos bootstrap-plan, through a node's own address)?"
    );
  }
  const majority = Math.floor(looks.length / 2) + 1;
  if (owners.length === 0 && running < majority) {
    return (
      `Nobody has ${vip}, for etcd runs on ${running} of ${looks.length}: that is no majority. ` +
      `Bring back ${majority - running} more.`
    );
  }
  const [first] = rest;
  if (first !== undefined) {
    return `First put this right: ${first.name}: ${first.detail}; ${first.remedy ?? ''}.`;
  }
  if (owners.length > 1) {
    return 'Nothing else is wrong: look again; if it stays, a second program manages the VIP.';
  }
  return (
    'Everything that it needs is there. After a crash of the owner it comes back within 65 s, for ' +
    'its lease lasts 60 s; with a version that has the defect named above up to 60 s later for each ' +
    'that waited. If nobody has it then: talosctl dmesg of a control plane, "vip".'
  );
}
