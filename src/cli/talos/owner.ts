import { isIP } from 'node:net';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { openEtcdStore } from '../../election/etcd/open.ts';
import { StoreError } from '../../election/store.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { readTalosElection, type TalosElection } from '../../talos/election.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import { machinesOf } from '../../talos/inventory/types.ts';
import { ownershipOf, type Ownership } from '../../talos/owner.ts';
import { Talosctl } from '../../talos/talosctl/talosctl.ts';
import { etcdOptions, loadFrom, type Io } from '../options.ts';
import { plain } from '../text.ts';

const READ_WITHIN_MS = 3000;
const COMMAND = 'owner [inventory]';

/** `vip-elector talos owner`: who has the VIP, by the nodes' own word or by Talos's election. */
export function ownerCommand(io: Io): CommandModule {
  return {
    command: COMMAND,
    describe: 'show which control plane has the VIP',
    builder: (yargs) =>
      yargs
        .positional('inventory', { type: 'string', describe: 'cluster.yaml: names VIPs and nodes' })
        .options(etcdOptions)
        .option('vip', { type: 'string', requiresArg: true, describe: 'the VIP' })
        .option('nodes', {
          type: 'string',
          requiresArg: true,
          describe: 'own addresses of the control planes, by commas',
        })
        .option('talosconfig', { type: 'string', requiresArg: true, describe: 'for talosctl' })
        .option('json', { type: 'boolean', describe: 'print JSON for programs' })
        .epilogue(
          "With --etcd (and its certificates) it reads Talos's election there, without it asks the " +
            'nodes by talosctl of PATH. Exit codes: 0 one owner, 3 none or several, 1 not known.',
        ),
    handler: async (argv) => {
      const { vips, nodes } = await targets(argv);
      const byEtcd = argv['etcd'] !== undefined;
      if (!byEtcd && nodes.length === 0) throw missing('--nodes');
      const views = byEtcd ? await elections(argv, io, vips) : await owners(argv, io, vips, nodes);
      for (const { json, text, exitCode } of views) {
        io.stdout(argv['json'] === true ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
        if (exitCode !== ExitCode.done) process.exitCode = exitCode;
      }
    },
  };
}

interface View {
  readonly json: Ownership | TalosElection;
  readonly text: string;
  readonly exitCode: ExitCode;
}

type Arguments = Readonly<Record<string, unknown>>;

async function owners(
  argv: Arguments,
  io: Io,
  vips: readonly string[],
  nodes: readonly string[],
): Promise<View[]> {
  const talosconfig = argv['talosconfig'];
  const talosctl = new Talosctl({
    env: io.env,
    ...(typeof talosconfig === 'string' && { talosconfig }),
  });
  const { signal } = new AbortController();
  return Promise.all(
    vips.map(async (vip) => {
      const json = await ownershipOf(talosctl, vip, nodes, signal);
      const errors = json.answers.flatMap((each) => ('error' in each ? [`  ${each.error}`] : []));
      const text = [json.explanation, ...errors].join('\n');
      return { json, text, exitCode: EXIT_CODES[json.verdict] };
    }),
  );
}

const EXIT_CODES = {
  one: ExitCode.done,
  none: ExitCode.checkFailed,
  several: ExitCode.checkFailed,
  unknown: ExitCode.failed,
} as const;

async function elections(argv: Arguments, io: Io, vips: readonly string[]): Promise<View[]> {
  const flags = Object.fromEntries(
    Object.entries(argv).filter(([name]) => Object.hasOwn(etcdOptions, name)),
  );
  const { config } = await loadFrom(flags, io, { groupsRequired: false });
  const store = await openEtcdStore(config.etcd, { clock: systemClock, emit: () => undefined });
  try {
    const views: View[] = [];
    for (const vip of vips) {
      const signal = AbortSignal.timeout(READ_WITHIN_MS);
      const json = await readTalosElection(store, vip, { deadlineMs: READ_WITHIN_MS, signal });
      const exitCode = json.candidates.length > 0 ? ExitCode.done : ExitCode.checkFailed;
      views.push({ json, text: electionText(json), exitCode });
    }
    return views;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new OperatorError(`etcd does not answer: ${error.message}`, undefined, { cause: error });
  } finally {
    store.close();
  }
}

function electionText({ vip, electionKey, candidates }: TalosElection): string {
  if (candidates.length === 0) {
    return `Nobody stands in ${electionKey}/: no Talos node of this etcd manages ${vip}.`;
  }
  const lines = candidates.map(
    ({ node, leaseLeftSeconds, leaseGrantedSeconds }, at) =>
      `  ${at === 0 ? 'leader ' : 'waiting'}  ${plain(node)}  lease ${leaseLeftSeconds} s of ` +
      `${leaseGrantedSeconds} s`,
  );
  return [`${vip} by ${electionKey}`, ...lines].join('\n');
}

async function targets(argv: Arguments): Promise<{ vips: string[]; nodes: string[] }> {
  const file = argv['inventory'];
  const inventory = typeof file === 'string' ? await loadInventory(file) : undefined;
  const vip = addresses('--vip', argv['vip']);
  const named = addresses('--nodes', argv['nodes']);
  const vips = vip.length > 0 ? vip : [...(inventory?.vips ?? [])];
  if (vips.length === 0) throw missing('--vip');
  const planes = inventory === undefined ? [] : machinesOf(inventory, 'controlplane');
  return { vips, nodes: named.length > 0 ? named : planes.map(({ address }) => address) };
}

function addresses(flag: string, value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return value.split(',').map((each) => {
    const address = each.trim();
    if (isIP(address) !== 0) return address;
    const text = `${flag} = ${JSON.stringify(address)}: is no IP address; name addresses by commas`;
    throw new OperatorError(text, ExitCode.usage);
  });
}

function missing(flag: string): OperatorError {
  return new OperatorError(`${flag} is missing; give it, or an inventory`, ExitCode.usage);
}
