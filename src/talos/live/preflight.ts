import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { ArpAsker } from '../../announce/arp-asker.ts';
import type { Finding } from '../../check/finding.ts';
import { fail, ok, warn } from '../../check/finding.ts';
import type { Clock } from '../../clock.ts';
import { describe } from '../../errors.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import type { Getter } from '../talosctl/resources.ts';
import { askApi } from './api.ts';
import { lookAt, owns, type NodeLook } from './look.ts';
import {
  etcdFinding,
  hostnameFindings,
  linkFinding,
  stateFinding,
  subnetFinding,
  versionFindings,
  wantedLink,
} from './node-findings.ts';

/** RFC 5227 §2.1.1: three probes, and some time to hear an answer. */
const PROBES = 3;
const PROBE_EVERY_MS = 300;
const ANSWER_WITHIN_MS = 1500;

export interface PreflightOptions {
  readonly inventory: Inventory;
  readonly talosctl: Getter;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Link of this machine in the LAN of the VIP, for ARP probes. */
  readonly probeLink?: string;
}

/** What must be true before a VIP is given to a cluster. Changes nothing. */
export async function preflight(options: PreflightOptions): Promise<Finding[]> {
  const { inventory, talosctl, signal } = options;
  const looks = await Promise.all(
    inventory.machines.map((machine) => lookAt(talosctl, machine, signal)),
  );
  const planes = looks.filter(({ machine }) => machine.role === 'controlplane');
  return [
    ...looks.map(stateFinding),
    ...hostnameFindings(looks),
    ...looks.flatMap((look) => versionFindings(look, inventory)),
    ...planes.filter(({ state }) => 'value' in state).map(etcdFinding),
    ...planes.flatMap((look) => linkFindings(look, inventory)),
    ...(await Promise.all(inventory.vips.map((vip) => unusedFinding(vip, planes, options)))),
    ...countFindings(inventory),
  ];
}

function linkFindings(look: NodeLook, inventory: Inventory): Finding[] {
  if (inventory.vips.length === 0 || !('value' in look.state)) return [];
  const link = wantedLink(look, inventory);
  if (link === undefined) {
    const said = `no link has the hardware address ${look.machine.mac ?? '(none given)'}`;
    return [fail(`${look.machine.name} link`, said, 'write the link or its permanent address')];
  }
  const subnets = inventory.vips.flatMap((vip) => subnetFinding(look, vip, link));
  return [linkFinding(look, link), ...subnets];
}

function countFindings(inventory: Inventory): Finding[] {
  const count = machinesOf(inventory, 'controlplane').length;
  if (count % 2 === 1) return [ok('control planes', String(count))];
  const said = `${count} survive no more failures than ${count - 1}`;
  return [warn('control planes', said, 'use an odd number')];
}

/** The VIP is either that of a control plane already, or nobody's. */
async function unusedFinding(
  vip: string,
  planes: readonly NodeLook[],
  options: PreflightOptions,
): Promise<Finding> {
  const name = `VIP ${vip}`;
  const owner = planes.find((look) => owns(look, vip));
  if (owner !== undefined) return ok(name, `is that of ${owner.machine.name} already`);
  const used = 'choose another, or find out whose it is: it must be kept out of DHCP';
  if (options.probeLink !== undefined && !vip.includes(':')) {
    const heard = await probe(vip, options.probeLink, options);
    if (heard === true) return fail(name, 'somebody else answers for it (ARP)', used);
    if (heard === false) return ok(name, `nobody answered ${PROBES} ARP probes`);
    return warn(name, `ARP probes failed: ${heard}`, 'run it as root, in the LAN of the VIP');
  }
  try {
    await askApi(vip, 6443, { withinMs: ANSWER_WITHIN_MS, signal: options.signal });
    return fail(name, 'an API server answers there, and none of these nodes has it', used);
  } catch (error) {
    const remedy = 'give --probe-link, a link of this machine in that LAN, for ARP probes';
    if (/ECONNREFUSED|ECONNRESET/.test(describe(error))) {
      return fail(name, 'somebody is there: the connection was refused', used);
    }
    return warn(name, 'nobody answers on port 6443; a silent host would not either', remedy);
  }
}

/** Whether anybody answers; or why that cannot be told. */
async function probe(
  vip: string,
  link: string,
  { clock, signal }: PreflightOptions,
): Promise<boolean | string> {
  const own = networkInterfaces()[link]?.[0];
  if (own === undefined) return `there is no link ${link} with an address here`;
  try {
    const index = Number(await readFile(`/sys/class/net/${link}/ifindex`, 'utf8'));
    // Without an address of ours: a probe must not teach anybody's cache (RFC 5227 §1.1).
    using asker = new ArpAsker({ index, mac: own.mac, address: '0.0.0.0' });
    for (let sent = 0; sent < PROBES; sent += 1) {
      asker.ask(vip);
      await clock.sleep(PROBE_EVERY_MS, signal);
      if (asker.heard(vip)) return true;
    }
    return false;
  } catch (error) {
    if (signal.aborted) throw error;
    return describe(error);
  }
}
