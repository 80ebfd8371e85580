import { OperatorError } from '../../../src/errors.ts';
import type { Host } from '../host/host.ts';
import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';
import type { World } from './world.ts';

/** Above this choice a handover is to a named node; above the second it is forced. */
const NAMED = 0.4;
const FORCED = 0.8;
/** Below this choice a reload only changes what is preferred. */
const RETUNED = 0.3;
/** Below this choice the nodes are configured to yield to strangers, else to defend. */
const YIELDS = 0.5;
/** Each may move a group once more than a fault does: away, and back. */
const MOVES = 2;

/** Lets an operator ask the daemon for something; what it refuses changes nothing. */
function ask(host: Host, work: (daemon: NonNullable<Host['daemon']>) => Promise<unknown>): void {
  const { daemon, process } = host;
  if (daemon === undefined || process === undefined) return;
  process.message(0, () => {
    work(daemon).catch((error: unknown) => {
      if (error instanceof OperatorError || process !== host.process || daemon.ending) return;
      host.defect ??= error;
    });
  });
}

/** Lets a node in again; one whose daemon does not run by its file. */
export function undrain(host: Host): void {
  host.disk.drained = false;
  ask(host, async (daemon) => daemon.undrain());
}

/** One reload after the other, as the daemon has it. */
function regroup(host: Host, groups: Host['options']['groups']): void {
  ask(host, (daemon) => daemon.regroup(groups));
}

/** Somebody's node, by the rest of a choice. */
function someNode({ hosts }: World, choice: number): string {
  return hosts[Math.floor(choice * 1000) % hosts.length]?.options.node ?? '';
}

/** What operators do, and what probes find: nothing that breaks, and no two hold by it either. */
export const OPERATIONS = {
  handover: (world, host, { choice }, { name }) => {
    world.invariants.turnover.repetitions += MOVES;
    const to = choice < NAMED ? undefined : someNode(world, choice);
    ask(host, (daemon) => daemon.handover({ group: name, to, force: choice > FORCED }));
    return NOTHING_LEFT;
  },
  drain: (world, host, { choice }) => {
    world.invariants.turnover.repetitions += MOVES;
    ask(host, (daemon) => daemon.drain(choice > FORCED));
    return () => undrain(host);
  },
  // What is probed there fails: another gets the group, if another is healthy.
  sick: ({ invariants }, host, _fault, { name }) => {
    invariants.turnover.repetitions += MOVES;
    host.sick.add(name);
    return () => void host.sick.delete(name);
  },
  // It fails everywhere, and who holds is gone: nobody is fit to follow, and somebody must.
  epidemic: ({ invariants, hosts }, host, _fault, { name }) => {
    invariants.turnover.repetitions += hosts.length * MOVES;
    for (const each of hosts) each.sick.add(name);
    host.cutPower();
    return () => {
      for (const each of hosts) each.sick.delete(name);
      host.powerOn();
    };
  },
  // The file is without the group, and has it again later; or with another preference.
  regroup: ({ invariants }, host, { choice }, { name, electionKey }) => {
    invariants.turnover.repetitions += MOVES;
    const { groups } = host.options;
    const less = groups.filter((each) => each.name !== name);
    const other = groups.map((each) => (each.name === name ? { ...each, weight: 20 } : each));
    const gone = choice > RETUNED && electionKey === undefined;
    regroup(host, gone ? less : other);
    return () => regroup(host, groups);
  },
  // Somebody's machine has the VIP: whoever does not defend it leaves it alone, one after another.
  stranger: ({ strangers, hosts, invariants }, _host, { choice }, { vips }) => {
    invariants.turnover.repetitions += hosts.length * MOVES;
    strangers.policy = choice < YIELDS ? 'yield' : 'defend';
    for (const { address } of vips) strangers.addresses.add(address);
    return () => {
      for (const { address } of vips) strangers.addresses.delete(address);
    };
  },
} satisfies Partial<Record<FaultKind, Begin>>;
