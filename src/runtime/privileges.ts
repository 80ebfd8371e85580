import { readFileSync } from 'node:fs';
import { PrivilegeError } from '../errors.ts';

/** linux/capability.h */
const NEEDED = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;
const WHY = {
  CAP_NET_ADMIN: 'to put addresses on links',
  CAP_NET_RAW: 'to send gratuitous ARP',
} as const;

/** How to give a process what it lacks. */
const REMEDY =
  'Run as root, or give the service both: in a systemd unit ' +
  '"AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW", in a container ' +
  '"capabilities: {add: [NET_ADMIN, NET_RAW]}" with host networking';

/** A capability that the daemon needs. */
export interface Capability {
  /** As capabilities(7) calls it. */
  readonly name: keyof typeof NEEDED;
  /** What for, in words. */
  readonly why: string;
  /** This process has it. */
  readonly present: boolean;
  /** How to give it, in words. */
  readonly remedy: string;
}

/** The effective capabilities of this process, from `/proc/self/status` (proc(5), CapEff). */
function effectiveCapabilities(status: string): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}

/**
 * Which of the capabilities that the daemon needs this process has.
 * @param status content of `/proc/self/status`
 */
export function neededCapabilities(
  status = readFileSync('/proc/self/status', 'utf8'),
): Capability[] {
  const effective = effectiveCapabilities(status);
  return (Object.keys(NEEDED) as (keyof typeof NEEDED)[]).map((name) => ({
    name,
    why: WHY[name],
    present: ((effective >> BigInt(NEEDED[name])) & 1n) === 1n,
    remedy: REMEDY,
  }));
}

/**
 * Checks that this process may do what the daemon does.
 * @param status content of `/proc/self/status`
 * @throws PrivilegeError naming each missing capability and how to give it
 */
export function requireCapabilities(status = readFileSync('/proc/self/status', 'utf8')): void {
  const missing = neededCapabilities(status).filter(({ present }) => !present);
  if (missing.length === 0) return;
  const list = missing.map(({ name, why }) => `${name} (${why})`).join(' and ');
  throw new PrivilegeError(`missing ${list}. ${REMEDY}`);
}
