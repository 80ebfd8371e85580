/** Phases that several plans have. */
import type { Surroundings } from './commands.ts';
import { controlPlanes, ours, oursLive, talosctl } from './commands.ts';
import type { Phase, Step } from './plan.ts';
import { step } from './plan.ts';

/** Copies of what could be needed again. */
export function backupSteps(around: Surroundings): Step[] {
  const [first] = controlPlanes(around.inventory);
  const snapshot = `etcd-${around.inventory.name}.snapshot`;
  return [
    step(
      'Copy kubeconfig and talosconfig; each copy is compared with its original.',
      ours('backup', ...(around.talosconfig === undefined ? [] : [around.talosconfig])),
    ),
    step(
      'Take a snapshot of etcd: all of Kubernetes is in it.',
      talosctl(around, [first], 'etcd', 'snapshot', snapshot),
    ),
  ];
}

/** Brings a cluster up whose machines have their configuration: through a node's own address. */
export function bootstrapPhase(around: Surroundings): Phase {
  const [first, ...others] = controlPlanes(around.inventory);
  const addresses = [first, ...others].map(({ address }) => address);
  const config = around.talosconfig === undefined ? [] : ['--talosconfig', around.talosconfig];
  return {
    id: 'bootstrap',
    title: "Bootstrap through a node's own address",
    minutes: 5,
    steps: [
      step(
        'Name the control planes themselves as endpoints of Talos: the VIP comes with etcd, and is ' +
          'gone when etcd is what must be repaired.',
        ['talosctl', ...config, 'config', 'endpoint', ...addresses],
        ['talosctl', ...config, 'config', 'node', first.address],
      ),
      step(
        `Bootstrap etcd once, on ${first.name} alone. Twice, or on two nodes, makes two clusters.`,
        talosctl(around, [first], 'bootstrap'),
      ),
      step(
        'Wait until every node is healthy.',
        talosctl(around, [first], 'health', '--wait-timeout', '10m'),
      ),
    ],
  };
}

/** Looks whether all is as it should be, and fetches a kubeconfig. */
export function verifyPhase(around: Surroundings): Phase {
  const [first] = controlPlanes(around.inventory);
  return {
    id: 'verify',
    title: 'Verify',
    minutes: 5,
    steps: [
      step(
        'One owner, an API that answers at the endpoint, a certificate that names it.',
        oursLive(around, 'verify', around.file),
      ),
      step(
        'Copy the old kubeconfig, then fetch the new one: it names the endpoint.',
        ours('backup'),
        talosctl(around, [first], 'kubeconfig', '--force'),
      ),
      step('Every node is Ready.', ['kubectl', 'get', 'nodes', '-o', 'wide']),
      ...lintSteps(around),
    ],
  };
}

function lintSteps({ file, talosconfig }: Surroundings): Step[] {
  const given = talosconfig === undefined ? [] : [talosconfig];
  const args = [...given, '--inventory', file];
  return [step('No endpoint of the talosconfig is a VIP.', ours('lint-talosconfig', ...args))];
}

/** Reboots the owner and measures. Empty where nothing moves. */
export function failoverPhases(around: Surroundings): Phase[] {
  if (around.inventory.vips.length === 0) return [];
  const test = step(
    'Reboot the owner and measure how long nobody answers: about 2 s. With `--by force` it counts as ' +
      'a crash: up to 65 s, for the lease of Talos lasts 60 s and cannot be shortened.',
    oursLive(around, 'failover-test', around.file),
  );
  return [{ id: 'failover', title: 'Test the failover', minutes: 10, steps: [test] }];
}

/** The name in DNS, last: before the VIP answers it would point to nobody. */
export function dnsPhases({ inventory, talosconfig, file }: Surroundings): Phase[] {
  const { dnsName, vips } = inventory;
  if (dnsName === undefined) return [];
  const to = vips.length > 0 ? vips.join(' and ') : 'what the endpoint mode gives';
  const around = { inventory, file, ...(talosconfig !== undefined && { talosconfig }) };
  return [
    {
      id: 'dns',
      title: 'Point the name to it',
      minutes: 5,
      steps: [
        step(`Let ${dnsName} point to ${to}, and to nothing else; only now, when it answers.`),
        step('The API answers by its name.', oursLive(around, 'verify', file)),
      ],
    },
  ];
}
