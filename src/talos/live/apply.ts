import { OperatorError } from '../../errors.ts';
import type { Inventory, Machine } from '../inventory/types.ts';
import { machineState, nodeConfig } from '../talosctl/node.ts';
import type { Getter } from '../talosctl/resources.ts';
import type { Talosctl } from '../talosctl/talosctl.ts';
import { lookAt, etcdOf, valueOf } from './look.ts';
import type { Patience } from './waiting.ts';
import { awaitNothing } from './waiting.ts';

/** A machine and the file that it is to have. */
export interface Target {
  readonly machine: Machine;
  readonly path: string;
  readonly text: string;
  readonly sha256: string;
}

export interface ApplyOptions extends Patience {
  readonly talosctl: Pick<Talosctl, 'get' | 'run'>;
  /** The machines wait for their first configuration: there is no cluster yet to be healthy. */
  readonly insecure: boolean;
  /** A reboot begins some time after the answer: not before this is it looked at again. */
  readonly settleMs: number;
  /** Whether this very file was applied by an earlier run. */
  readonly isDone: (target: Target) => boolean;
  /** Called when a machine is well again: what it says must last. */
  readonly done: (target: Target) => void;
  /** Called with what a machine had before. */
  readonly keep: (machine: Machine, text: string) => void;
  readonly say: (text: string) => void;
}

/** Control planes first, in the order of the inventory, then workers. */
export function orderOf({ machines }: Inventory): Machine[] {
  return [
    ...machines.filter(({ role }) => role === 'controlplane'),
    ...machines.filter(({ role }) => role === 'worker'),
  ];
}

/**
 * Applies one file after the other. Before each all control planes are well, after each it is again;
 * at the first that is not everything stops.
 * @throws OperatorError naming the machine; what was done by then is recorded
 */
export async function applyAll(targets: readonly Target[], options: ApplyOptions): Promise<void> {
  const { isDone, done, say, insecure } = options;
  const planes = targets
    .map(({ machine }) => machine)
    .filter(({ role }) => role === 'controlplane');
  for (const target of targets) {
    const { name } = target.machine;
    if (isDone(target)) {
      say(`${name}: done by an earlier run`);
      continue;
    }
    try {
      if (!insecure) await awaitWell(planes, { ...options, withinMs: 0 });
      if (await applyOne(target, options)) {
        await options.clock.sleep(options.settleMs, options.signal);
        if (insecure) await awaitTaken(target.machine, options);
        else await awaitWell([target.machine, ...planes], options);
      }
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const rest = 'stopped here; put it right and run the same command again: it goes on there';
      throw new OperatorError(`${name}: ${error.message}; ${rest}`, error.exitCode, {
        cause: error,
      });
    }
    done(target);
  }
}

/** @returns false where the machine has this configuration already */
async function applyOne({ machine, path, text }: Target, options: ApplyOptions): Promise<boolean> {
  const { talosctl, signal, insecure, keep, say } = options;
  if (!insecure) {
    const before = await nodeConfig(talosctl, machine.address, signal);
    if (before.trim() === text.trim()) {
      say(`${machine.name}: has it already`);
      return false;
    }
    keep(machine, before);
  }
  const flags = insecure ? ['--insecure'] : [];
  await talosctl.run(machine.address, ['apply-config', '--file', path, ...flags], signal);
  say(`${machine.name}: applied; waiting until it is well`);
  return true;
}

/** Waits until machines are in service, and etcd runs on those that are control planes. */
export async function awaitWell(
  machines: readonly Machine[],
  options: Patience & { readonly talosctl: Getter },
): Promise<void> {
  await awaitNothing(async () => {
    const all = await Promise.all(
      machines.map((machine) => lackOf(machine, options.talosctl, options.signal)),
    );
    return all.find((one) => one !== undefined);
  }, options);
}

async function lackOf(
  machine: Machine,
  talosctl: Getter,
  signal: AbortSignal,
): Promise<string | undefined> {
  const look = await lookAt(talosctl, machine, signal);
  const state = valueOf(look.state);
  if (state === undefined) return `${machine.name} does not answer`;
  if (state.stage !== 'running' || !state.ready) {
    const why = state.unmet.length === 0 ? '' : ` (${state.unmet.join('; ')})`;
    return `${machine.name} is ${state.stage}, ${state.ready ? 'ready' : 'not ready'}${why}`;
  }
  if (machine.role === 'controlplane' && etcdOf(look) !== true) {
    return `etcd does not run on ${machine.name}, or is not healthy`;
  }
  return undefined;
}

/** Waits until a machine has taken its first configuration: it answers to the cluster's certificates. */
export async function awaitTaken(
  machine: Machine,
  options: Patience & { readonly talosctl: Getter },
): Promise<void> {
  await awaitNothing(async () => {
    try {
      const { stage } = await machineState(options.talosctl, machine.address, options.signal);
      const early = ['maintenance', 'installing', 'rebooting'].includes(stage);
      return early ? `${machine.name} is ${stage}` : undefined;
    } catch (error) {
      if (!(error instanceof OperatorError) || options.signal.aborted) throw error;
      return error.message;
    }
  }, options);
}
