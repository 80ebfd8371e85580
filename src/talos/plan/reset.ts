import type { Surroundings } from './commands.ts';
import { controlPlanes, talosctl } from './commands.ts';
import type { Plan, Step } from './plan.ts';
import { step } from './plan.ts';

/** What of a system disk makes a machine a member: without these it waits for a configuration. */
const WIPED = ['STATE', 'EPHEMERAL'];

/**
 * The commands that empty all machines. This program prints them and never runs them: only a person
 * can know that nothing on the cluster is needed.
 */
export function resetSteps(around: Surroundings): Step[] {
  const { inventory } = around;
  const [first] = controlPlanes(inventory);
  const wipe = WIPED.flatMap((label) => ['--system-labels-to-wipe', label]);
  const reset = talosctl(
    around,
    inventory.machines,
    'reset',
    '--graceful=false',
    '--reboot',
    ...wipe,
  );
  return [
    step(
      'Take a snapshot of etcd once more.',
      talosctl(around, [first], 'etcd', 'snapshot', `etcd-${inventory.name}-last.snapshot`),
    ),
    {
      ...step('Empty all machines. Run it yourself; this program never does.', reset),
      destructive: true,
    },
    step(
      'Wait two or three minutes. They boot from their own disks and wait for a configuration; ' +
        'without `--system-labels-to-wipe` the whole disk would be emptied, and a machine whose only ' +
        'system is on it (a Raspberry Pi) would not come back.',
    ),
  ];
}

/** The plan that empties a cluster. */
export function resetPlan(around: Surroundings): Plan {
  const phase = { id: 'reset', title: 'Reset the machines', minutes: 5, steps: resetSteps(around) };
  const { name, machines } = around.inventory;
  return {
    title: `${name}: reset of ${machines.length} machines`,
    warnings: ['Everything on these machines is lost. Nothing of this has been run.'],
    phases: [phase],
  };
}
