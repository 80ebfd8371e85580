import { join } from 'node:path';
import type { Inventory, Machine } from '../inventory/types.ts';
import { resolveEndpoint } from '../endpoint/resolve.ts';
import { patchNames } from '../render/patches.ts';
import { formatTalosVersion } from '../version.ts';
import type { Surroundings } from './commands.ts';
import { controlPlanes, ours, oursLive } from './commands.ts';
import { backupSteps, bootstrapPhase, dnsPhases, failoverPhases, verifyPhase } from './phases.ts';
import type { Phase, Plan, Step } from './plan.ts';
import { step } from './plan.ts';
import { resetSteps } from './reset.ts';

/**
 * How a cluster gets its VIP: `in-place`, the machines go on running (the API server's certificate
 * follows the configuration by itself); `rebuild`, all is made anew and everything on it is lost.
 */
export const WAYS = ['in-place', 'rebuild'] as const;
export type Way = (typeof WAYS)[number];

/** Minutes for one machine: a control plane may reboot, and health is awaited in between. */
const MINUTES_EACH = { controlplane: 3, worker: 1 } as const;

export interface RolloutOptions extends Surroundings {
  readonly way: Way;
  /** Directory of the new files. */
  readonly directory: string;
  /** Directory that it takes the place of in the end; undefined: none. */
  readonly current?: string;
}

/** The plan that gives a cluster its VIP. @throws OperatorError where the endpoint is not known */
export function rolloutPlan(options: RolloutOptions): Plan {
  const { inventory, way } = options;
  const { url, warnings } = resolveEndpoint(inventory);
  const rebuild = way === 'rebuild';
  const fresh = { ...options, talosconfig: join(options.directory, 'generated', 'talosconfig') };
  const after: RolloutOptions = rebuild ? fresh : options;
  return {
    title: `${inventory.name}: ${rebuild ? 'rebuild' : 'VIP onto the running cluster'} (${url})`,
    warnings: [...warnings, ...warningsOf(options)],
    phases: [
      preparePhase(options),
      ...(rebuild ? [generatePhase(options, url)] : []),
      integratePhase(options),
      ...(rebuild ? [resetPhase(options)] : []),
      applyPhase(after),
      ...(rebuild ? [bootstrapPhase(after)] : []),
      verifyPhase(after),
      ...failoverPhases(after),
      ...dnsPhases(after),
      finishPhase(options),
    ],
  };
}

function warningsOf({ inventory, way }: RolloutOptions): string[] {
  const planes = controlPlanes(inventory).length;
  const even = planes % 2 === 0;
  return [
    ...(way === 'rebuild'
      ? [
          'A rebuild destroys everything on the cluster. It is not needed for a VIP: the API ' +
            "server's certificate follows the configuration. See `--way in-place`.",
        ]
      : []),
    ...(even ? [`${planes} control planes survive no more failures than ${planes - 1}.`] : []),
  ];
}

function preparePhase(options: RolloutOptions): Phase {
  const { inventory, way, file } = options;
  const nodes = inventory.machines.map(({ name, address }) => `${name} ${address}`).join(', ');
  return {
    id: 'prepare',
    title: 'Prepare',
    minutes: 5,
    steps: [
      ...(way === 'rebuild'
        ? [step('No data on the cluster is needed, or a copy of it has been restored once.')]
        : []),
      step(`All nodes can be reached: ${nodes}.`),
      step(
        'Links, addresses, versions and names are right, and nobody uses the VIP.',
        oursLive(options, 'preflight', file),
      ),
      ...backupSteps(options),
    ],
  };
}

function generatePhase({ inventory, directory }: RolloutOptions, url: string): Phase {
  const { talosVersion, kubernetesVersion, name } = inventory;
  const secrets = join(directory, 'secrets.yaml');
  const generate = [
    ...'talosctl gen config'.split(' '),
    name,
    url,
    '--with-secrets',
    secrets,
    '--output',
    join(directory, 'generated'),
    ...(talosVersion === undefined ? [] : ['--talos-version', formatTalosVersion(talosVersion)]),
    ...(kubernetesVersion === undefined
      ? []
      : ['--kubernetes-version', kubernetesVersion.replace(/^v/, '')]),
  ];
  return {
    id: 'generate',
    title: 'Generate configurations',
    minutes: 5,
    steps: [
      step(
        'Secrets and configurations. secrets.yaml is the cluster: without it no node can be added.',
        ['install', '-d', '-m', '700', directory],
        ['talosctl', 'gen', 'secrets', '--output-file', secrets],
        generate,
        ['chmod', '-R', 'go=', directory],
      ),
    ],
  };
}

function integratePhase(options: RolloutOptions): Phase {
  const { inventory, directory, file, way } = options;
  const patches = join(directory, 'patches');
  const nodes = join(directory, 'nodes');
  const fetch = step(
    'Fetch the configurations that the machines have.',
    oursLive(options, 'fetch', file, '--out', join(directory, 'present')),
  );
  return {
    id: 'integrate',
    title: 'Integrate the VIP',
    minutes: 5,
    steps: [
      ...(way === 'in-place' ? [fetch] : []),
      step('The patches of each machine.', ours('render', file, '--out', patches)),
      step(
        'Merge them; secrets stay as they are, and a hash tells so.',
        ...(way === 'in-place'
          ? inventory.machines.map((machine) => ontoPresent(machine, directory))
          : [ontoGenerated(inventory, directory)]),
      ),
      step(`Read what is in ${nodes}: nothing has been changed on a machine yet.`),
    ],
  };
}

/** Own patches are in there already: merged again they would double the entries of lists. */
function ontoPresent({ name, role }: Machine, directory: string): string[] {
  const present = join(directory, 'present', `${name}.yaml`);
  const [vip = ''] = patchNames({ name }, 0);
  const flag = role === 'controlplane' ? '--vip-patch' : '--patch';
  const patch = join(directory, 'patches', vip);
  return ours('integrate', present, flag, patch, '--out', join(directory, 'nodes'));
}

function ontoGenerated(inventory: Inventory, directory: string): string[] {
  const generated = (role: string): string => join(directory, 'generated', `${role}.yaml`);
  const { patches, machines } = inventory;
  const flags = machines.flatMap((machine) => {
    const own = patches.all.length + patches[machine.role].length + machine.patches.length;
    return patchNames(machine, own).flatMap((name) => {
      const file = join(directory, 'patches', name);
      return ['--node-patch', `${machine.name}=${generated(machine.role)}=${file}`];
    });
  });
  const roles = new Set(machines.map(({ role }) => role));
  const out = ['--out', join(directory, 'nodes')];
  return ours('integrate', ...[...roles].map(generated), ...flags, ...out);
}

function resetPhase(options: RolloutOptions): Phase {
  const wait = step('All nodes answer in maintenance mode.', [
    ...ours('preflight', options.file, '--maintenance'),
  ]);
  return {
    id: 'reset',
    title: 'Reset the machines',
    minutes: 5,
    steps: [...resetSteps(options), wait],
  };
}

function applyPhase(options: RolloutOptions): Phase {
  const { inventory, directory, file, way } = options;
  const minutes = inventory.machines.reduce((sum, { role }) => sum + MINUTES_EACH[role], 0);
  const configs = ['--configs', join(directory, 'nodes')];
  const mode = way === 'rebuild' ? ['--insecure'] : [];
  const apply = step(
    'One control plane after the other, then the workers; it stops at the first that is not well ' +
      'again, and goes on there when it is run once more.',
    oursLive(options, 'apply', file, ...configs, ...mode),
  );
  return { id: 'apply', title: 'Apply', minutes, steps: [apply] };
}

function finishPhase({ directory, current, file, way }: RolloutOptions): Phase {
  const steps: Step[] = [
    ...(current === undefined
      ? []
      : [
          step(
            'The new directory takes the place of the current one, which is kept beside it.',
            ours('promote', directory, '--as', current),
          ),
        ]),
    ...(way === 'rebuild' && current !== undefined
      ? [step(`Let TALOSCONFIG name ${join(current, 'generated', 'talosconfig')}.`)]
      : []),
    step(`Keep ${file} where your other files are: everything follows from it.`),
  ];
  return { id: 'finish', title: 'Finish', minutes: 5, steps };
}
