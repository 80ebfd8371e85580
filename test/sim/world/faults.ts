import { ETCD_FAULTS } from './etcd-faults.ts';
import { FENCE_FAULTS } from './fence-faults.ts';
import type { Begin, Fault, FaultKind, Heal } from './fault.ts';
import { HOST_FAULTS } from './host-faults.ts';
import { KEY_FAULTS } from './key-faults.ts';
import { OPERATIONS, undrain } from './operations.ts';
import { ROUTE_FAULTS } from './route-faults.ts';
import type { World } from './world.ts';

const FAULTS: Record<FaultKind, Begin> = {
  ...HOST_FAULTS,
  ...FENCE_FAULTS,
  ...ROUTE_FAULTS,
  ...ETCD_FAULTS,
  ...KEY_FAULTS,
  ...OPERATIONS,
};

/** Lets a fault begin. @returns what ends it */
export function begin(world: World, fault: Fault): Heal {
  const { hosts, groups, invariants } = world;
  const group = groups[fault.group];
  if (group === undefined) throw new Error(`a schedule has no group ${fault.group}`);
  const [holder] = fault.host === undefined ? invariants.holders(group) : [];
  const host = holder ?? hosts[fault.host ?? Math.floor(fault.choice * hosts.length)];
  if (host === undefined) throw new Error('a world has hosts');
  invariants.holds.onFault(fault, fault.kind in KEY_FAULTS);
  return FAULTS[fault.kind](world, host, fault, group);
}

/** All that may still be wrong when the faults are over, but for the hosts on which one lasts. */
export function healAll({ cluster, hosts, lan, strangers }: World, faults: readonly Fault[]): void {
  const lasting = new Set(faults.flatMap(({ lasts, host }) => (lasts === true ? [host] : [])));
  cluster.full = false;
  strangers.addresses.clear();
  cluster.staleKeepAlives = false;
  cluster.regainQuorum(() => false);
  for (const [index, host] of hosts.entries()) {
    if (lasting.has(index)) continue;
    const { kernel } = host;
    host.route.heal();
    lan.heal(host.name);
    kernel.trouble = undefined;
    kernel.onAssign = () => undefined;
    kernel.onOpen = () => undefined;
    host.onFrame = () => undefined;
    host.disk.refuses = false;
    host.sick.clear();
    if (!kernel.carrier) kernel.setCarrier(true);
    host.goOn();
    host.goOnProcess();
    host.powerOn();
    host.start();
    if (host.disk.drained) undrain(host);
  }
}
