import { isIPv4 } from 'node:net';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory, Machine } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';

/** What is done to a pool; `member` is an IPv4 address. */
export type PoolChange =
  | { readonly kind: 'sync' }
  | { readonly kind: 'add'; readonly member: string }
  | { readonly kind: 'remove'; readonly member: string };

/**
 * The IPv4 addresses of all control planes, in the order of the inventory. All or none: a pool that
 * lacks one would take it out of the load balancer.
 * @throws OperatorError where one has none
 */
export function membersOf(inventory: Inventory): readonly string[] {
  const planes = machinesOf(inventory, 'controlplane').map((machine) => ({
    name: machine.name,
    member: memberOf(machine),
  }));
  const without = planes.filter(({ member }) => member === undefined).map(({ name }) => name);
  if (without.length > 0) {
    throw new OperatorError(
      `no IPv4 address is known of ${without.join(', ')}: a pool is never changed in part; give ` +
        'each control plane one, as address or under addresses',
      ExitCode.usage,
    );
  }
  return planes.flatMap(({ member }) => member ?? []);
}

function memberOf({ address, addresses }: Machine): string | undefined {
  return [address, ...addresses.map((cidr) => cidr.address)].find((each) => isIPv4(each));
}

/**
 * The pool after a change. Whatever the change, every control plane of the inventory is in it.
 * @param pool as it is
 * @throws OperatorError where that would not be so; the pool is to stay then
 */
export function changedPool(
  pool: readonly string[],
  change: PoolChange,
  inventory: Inventory,
): readonly string[] {
  const members = membersOf(inventory);
  if (change.kind === 'sync') {
    // Those that were there keep their places: the first alive is the first of the list.
    const kept = pool.filter((each) => members.includes(each));
    return [...new Set([...kept, ...members])];
  }
  const { kind, member } = change;
  if (kind === 'add' && !members.includes(member)) {
    throw refusal(`${member} is no control plane of the inventory`, 'write it there first');
  }
  if (kind === 'remove' && members.includes(member)) {
    const problem = `${member} is a control plane of the inventory`;
    throw refusal(problem, 'take it out there first: the next sync would bring it back');
  }
  if (kind === 'remove' && !pool.includes(member)) {
    throw refusal(`${member} is not in the pool`, `it has ${pool.join(', ')}`);
  }
  const changed =
    kind === 'add' ? [...new Set([...pool, member])] : pool.filter((each) => each !== member);
  const lacking = members.filter((each) => !changed.includes(each));
  if (lacking.length === 0) return changed;
  throw refusal(`the pool would lack ${lacking.join(', ')}`, 'sync puts all of them in at once');
}

function refusal(problem: string, remedy: string): OperatorError {
  return new OperatorError(`${problem}; ${remedy}`, ExitCode.usage);
}
