import { join } from 'node:path';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Machine } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import type { Surroundings } from './commands.ts';
import { controlPlanes, ours, oursLive, talosctl } from './commands.ts';
import { backupSteps, dnsPhases, failoverPhases, verifyPhase } from './phases.ts';
import type { Phase, Plan, Step } from './plan.ts';
import { step } from './plan.ts';
import type { Move, Stage } from './stages.ts';
import { changesEndpoint, dialectOfMove, droppedVips, stageFile, swapsVip } from './stages.ts';

/** Minutes for a patch of one machine and the look at its health. */
const MINUTES_EACH = 2;

export interface MigrationOptions extends Surroundings, Move {
  /** Directory of the stages' patches. */
  readonly directory: string;
  /** Words of the command that writes them there. */
  readonly writes: readonly string[];
}

/**
 * The ordered way from one endpoint to another on a running cluster: whatever is to be reached is
 * there, and in the certificate, before anybody is sent to it; what is left goes last.
 * @throws OperatorError where both sides are the same
 */
export function migrationPlan(options: MigrationOptions): Plan {
  const { from, to, inventory } = options;
  const gone = droppedVips(options);
  const gained = to.inventory.vips.filter((vip) => !from.inventory.vips.includes(vip));
  if (!changesEndpoint(options) && gone.length === 0 && gained.length === 0) {
    const said = `both sides have the endpoint ${to.endpoint.url} and the same VIPs`;
    throw new OperatorError(`${said}: there is nothing to migrate`, ExitCode.usage);
  }
  const modes = `${from.inventory.endpoint.mode} to ${to.inventory.endpoint.mode}`;
  return {
    title: `${inventory.name}: from ${modes} (${from.endpoint.url} to ${to.endpoint.url})`,
    warnings: [...from.endpoint.warnings, ...to.endpoint.warnings, ...warningsOf(options)],
    phases: [
      preparePhase(options),
      ...targetPhases(options),
      namesPhase(options),
      ...endpointPhases(options),
      verifyPhase(options),
      ...dnsPhases(options),
      ...(gained.length > 0 ? failoverPhases(options) : []),
      ...removalPhases(options),
    ],
  };
}

function warningsOf(move: MigrationOptions): string[] {
  const { from, to } = move;
  const issuer =
    changesEndpoint(move) && dialectOfMove(move) !== 'C'
      ? [
          'The endpoint is the issuer of service account tokens too, and Talos accepts no old issuer ' +
            'before 1.14: tokens that pods hold are refused until kubelet renews them or the pods are ' +
            'restarted. From 1.14 on the issuer is kept apart and stays.',
        ]
      : [];
  return [
    ...issuer,
    ...(to.inventory.endpoint.mode === 'none'
      ? [
          `When ${controlPlanes(to.inventory)[0].name} is down, nobody reaches the API; workers keep ` +
            'the old endpoint until theirs has been changed.',
        ]
      : []),
    ...(swapsVip(move)
      ? [
          `In the legacy form an interface has one VIP: ${from.inventory.vips.join()} ends in the ` +
            'phase in which the new one begins. Between the first control plane and the last worker ' +
            'clients may not reach the API; pods do, through KubePrism.',
        ]
      : []),
  ];
}

function preparePhase(options: MigrationOptions): Phase {
  const { file, directory, writes } = options;
  return {
    id: 'prepare',
    title: 'Prepare',
    minutes: 5,
    steps: [
      step('Links, addresses, names and versions are right.', oursLive(options, 'preflight', file)),
      ...backupSteps(options),
      step(`Write the patches of every stage to ${directory}, and read them.`, writes),
    ],
  };
}

/** What must be there before anybody can be sent to it. */
function targetPhases({ to }: MigrationOptions): Phase[] {
  const { mode, custom, loadBalancerIps } = to.inventory.endpoint;
  const steps: Record<typeof mode, Step[]> = {
    none: [],
    talosvip: [],
    custom: custom.map(({ host, port }) =>
      step(`${host} passes connections to port ${port} on to every control plane.`),
    ),
    networkconfiguration: [
      step(
        `The ControlPlaneVirtualSharedIP resource is Ready and was given ${loadBalancerIps.join(', ')}.`,
        ['kubectl', 'get', 'controlplanevirtualsharedip', '--all-namespaces'],
      ),
      step('All control planes are members of its pool, not only the first.'),
    ],
  };
  if (steps[mode].length === 0) return [];
  return [{ id: 'target', title: 'Bring up the new endpoint', minutes: 10, steps: steps[mode] }];
}

function namesPhase(options: MigrationOptions): Phase {
  const planes = machinesOf(options.inventory, 'controlplane');
  const brings = options.inventory.vips.length > 0 && !swapsVip(options);
  return {
    id: 'names',
    title: brings ? 'VIP and names in the certificate' : 'Names in the certificate',
    minutes: MINUTES_EACH * planes.length,
    steps: [
      ...patchSteps('names', planes, options),
      ...(brings
        ? [step('Exactly one has the VIP.', oursLive(options, 'owner', options.file))]
        : []),
      ...(swapsVip(options)
        ? []
        : [
            step(
              'The API answers at the new endpoint, and its certificate names it.',
              oursLive(options, 'verify', options.file),
            ),
          ]),
    ],
  };
}

function endpointPhases(options: MigrationOptions): Phase[] {
  if (!changesEndpoint(options) && !swapsVip(options)) return [];
  const { machines } = options.inventory;
  const order = [
    ...machines.filter(({ role }) => role === 'controlplane'),
    ...machines.filter(({ role }) => role === 'worker'),
  ];
  const restart =
    dialectOfMove(options) === 'C'
      ? []
      : [
          step(
            'Restart what speaks to the API with a token of the old issuer, kube-system first.',
            'kubectl -n kube-system rollout restart deployment,daemonset'.split(' '),
          ),
        ];
  return [
    {
      id: 'endpoint',
      title: 'The new endpoint: control planes, then workers',
      minutes: MINUTES_EACH * order.length,
      steps: [...patchSteps('endpoint', order, options), ...restart],
    },
  ];
}

function removalPhases(options: MigrationOptions): Phase[] {
  const gone = droppedVips(options);
  if (gone.length === 0 || swapsVip(options)) return [];
  const planes = machinesOf(options.inventory, 'controlplane');
  const steps =
    dialectOfMove(options) === 'A'
      ? unsetSteps(gone, options)
      : patchSteps('removal', planes, options);
  return [
    {
      id: 'removal',
      title: `Take ${gone.join(' and ')} away`,
      minutes: MINUTES_EACH * planes.length,
      steps: [
        step(`Nobody uses ${gone.join(' and ')} any more: kubeconfigs, DNS, monitoring.`),
        ...steps,
        step('Old names in the certificate do no harm; take them out with the next change.'),
      ],
    },
  ];
}

function unsetSteps(gone: readonly string[], options: MigrationOptions): Step[] {
  const { directory, file, inventory } = options;
  const present = join(directory, 'present');
  const without = join(directory, 'without');
  const files = inventory.machines.map(({ name }) => join(present, `${name}.yaml`));
  const vips = gone.flatMap((vip) => ['--vip', vip]);
  return [
    step(
      'Fetch the configurations, and take the VIP out of them.',
      oursLive(options, 'fetch', file, '--out', present),
      ours('unset', ...files, ...vips, '--out', without),
    ),
    step('Apply them.', oursLive(options, 'apply', file, '--configs', without)),
  ];
}

/** One machine after the other, each healthy before the next. */
function patchSteps(stage: Stage, machines: readonly Machine[], options: MigrationOptions): Step[] {
  const [first] = controlPlanes(options.inventory);
  return machines.map((machine) => {
    const patch = `@${join(options.directory, stageFile(stage, machine))}`;
    return step(
      `${machine.name}, and wait until all is healthy again.`,
      talosctl(options, [machine], 'patch', 'machineconfig', '--patch', patch),
      talosctl(options, [first], 'health', '--wait-timeout', '5m'),
    );
  });
}
