import type { CommandModule } from 'yargs';
import { describe, OperatorError, PrivilegeError } from '../errors.ts';
import type { Link, LinkAddress, Network } from '../network/types.ts';
import { takeDaemonLock } from '../runtime/namespace-lock.ts';
import { recordedAddresses, type RecordedAddress } from './recorded-addresses.ts';

interface CleanupArguments {
  'dry-run': boolean;
  force: boolean;
  'runtime-dir': string;
}

/** `vip-elector cleanup`: takes what a daemon left behind off the links of this node. */
export const cleanupCommand: CommandModule<object, CleanupArguments> = {
  command: 'cleanup',
  describe: 'withdraw every address that carries our mark',
  builder: (yargs) =>
    yargs.options({
      'dry-run': {
        type: 'boolean',
        default: false,
        describe: 'only print what would be withdrawn',
      },
      force: {
        type: 'boolean',
        default: false,
        describe: 'even while a daemon runs here; it puts back what it has a right to',
      },
      'runtime-dir': {
        type: 'string',
        default: '/run/vip-elector',
        requiresArg: true,
        describe: 'where the daemon keeps its state; read where the kernel keeps no marks',
      },
    }),
  handler: async (argv) => {
    await cleanup({
      dryRun: argv['dry-run'],
      force: argv.force,
      runtimeDir: argv['runtime-dir'],
      serviceResult: process.env['SERVICE_RESULT'],
      exitCode: process.env['EXIT_CODE'],
      print: (line) => void process.stdout.write(`${line}\n`),
    });
  },
};

export interface CleanupOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly runtimeDir: string;
  /**
   * systemd's $SERVICE_RESULT (systemd.exec(5)), set where this runs as ExecStopPost=: then only what a
   * clean stop forgot is withdrawn, and what the state file claims (keepOnStop) is left.
   */
  readonly serviceResult?: string | undefined;
  /**
   * systemd's $EXIT_CODE. `killed` beside a result of `success`: SIGTERM met a start of Node that did not
   * listen yet. Such a daemon kept nothing: what the state file claims is of the one before it.
   */
  readonly exitCode?: string | undefined;
  readonly print: (line: string) => void;
}

/**
 * Withdraws in this network namespace, while no daemon runs in it.
 * @throws OperatorError when a daemon runs, or not all could be withdrawn; PrivilegeError
 */
export async function cleanup(options: CleanupOptions): Promise<void> {
  const { serviceResult, exitCode } = options;
  if (serviceResult !== undefined && serviceResult !== 'success') {
    options.print(
      `left as it is, for the next start to resume: the service ended with ${serviceResult}`,
    );
    return;
  }
  const mayHaveKept = serviceResult !== undefined && exitCode !== 'killed';
  if (mayHaveKept && recordedAddresses(options.runtimeDir).length > 0) {
    options.print('left as it is: the daemon kept its addresses when it stopped');
    return;
  }
  if (options.dryRun || options.force) {
    await withdrawAll(options);
    if (options.dryRun) await removeFence(options);
    return;
  }
  const giveBack = await takeDaemonLock();
  if (giveBack === undefined) {
    throw new OperatorError(
      'a daemon runs in this network namespace, and withdraws by itself when it stops: ' +
        'stop it (systemctl stop vip-elector), or repeat with --force',
    );
  }
  try {
    await withdrawAll(options);
    // Behind it nobody could reach an address that is still there.
    await removeFence(options);
  } finally {
    await giveBack();
  }
}

/** Removes the nftables tables of a daemon that is dead. @throws NetworkError */
async function removeFence({ dryRun, print }: CleanupOptions): Promise<void> {
  const { leftoverFence } = await import('../fencing/nftables/leftover.ts');
  const left = leftoverFence();
  if (left === undefined) return;
  if (!dryRun) left.remove();
  print(`${dryRun ? 'would remove' : 'removed'} the nftables tables named vip-elector`);
}

async function withdrawAll(options: CleanupOptions): Promise<void> {
  const { openNetwork } = await import('../network/rtnetlink.ts');
  const network = await openNetwork();
  try {
    const { leftoverFence } = await import('../fencing/nftables/leftover.ts');
    const recorded = network.marksAddresses ? [] : recordedAddresses(options.runtimeDir);
    // What a dead daemon's fence keeps shut is its own, whether or not its state file is there to say so.
    const fenced = leftoverFence()?.managed.map(({ address }) => address) ?? [];
    await withdrawFrom(network, { recorded, fenced }, options);
  } finally {
    network.close();
  }
}

/** What tells our addresses where the kernel keeps no marks. */
export interface KnownAddresses {
  /** The state file lists them. */
  readonly recorded: readonly RecordedAddress[];
  /** Tables of ours manage them. */
  readonly fenced: readonly string[];
}

export type CleanupNetwork = Pick<Network, 'marksAddresses' | 'links' | 'addresses' | 'withdraw'>;

/**
 * Withdraws every address that is ours and looks again whether all are gone.
 * @param known for a kernel that keeps no marks
 * @throws OperatorError when one is left, PrivilegeError without CAP_NET_ADMIN
 */
export async function withdrawFrom(
  network: CleanupNetwork,
  known: KnownAddresses,
  { dryRun, print }: Pick<CleanupOptions, 'dryRun' | 'print'>,
): Promise<void> {
  const found = await findOurs(network, known);
  if (found.length === 0) {
    print('nothing to withdraw: no address on any link is ours');
    return;
  }
  const failures: string[] = [];
  for (const { address, link } of found) {
    const name = nameOf(address, link);
    if (dryRun) {
      print(`would withdraw ${name}`);
      continue;
    }
    try {
      await network.withdraw(address.linkIndex, address);
      print(`withdrew ${name}`);
    } catch (error) {
      throwIfUnprivileged(error, name);
      failures.push(`cannot withdraw ${name}: ${describe(error)}`);
    }
  }
  if (dryRun) return;
  const left = await findOurs(network, known);
  for (const { address, link } of left) failures.push(`still there: ${nameOf(address, link)}`);
  if (failures.length > 0) throw new OperatorError(failures.join('\n'));
  print('confirmed: no address on any link is ours any more');
}

interface Found {
  readonly address: LinkAddress;
  readonly link: Link | undefined;
}

async function findOurs(
  network: CleanupNetwork,
  { recorded, fenced }: KnownAddresses,
): Promise<Found[]> {
  const links = new Map((await network.links()).map((link) => [link.index, link]));
  return (await network.addresses())
    .map((address) => ({ address, link: links.get(address.linkIndex) }))
    .filter((found) =>
      network.marksAddresses
        ? found.address.ours
        : recorded.some((record) => isRecorded(found, record)) || isFenced(found, fenced),
    );
}

/** We only ever add addresses with a lifetime: a permanent one was put there by somebody else. */
function isRecorded({ address, link }: Found, record: RecordedAddress): boolean {
  return (
    Number.isFinite(address.validSeconds) &&
    address.address === record.address &&
    address.prefixLength === record.prefixLength &&
    (link?.name === record.link || link?.altNames.includes(record.link) === true)
  );
}

/** As above: a permanent address is somebody else's. */
function isFenced({ address }: Found, fenced: readonly string[]): boolean {
  return Number.isFinite(address.validSeconds) && fenced.includes(address.address);
}

function nameOf(address: LinkAddress, link: Link | undefined): string {
  const on = link?.name ?? `link ${address.linkIndex}`;
  return `${address.address}/${address.prefixLength} on ${on}`;
}

function throwIfUnprivileged(error: unknown, name: string): void {
  if ((error as NodeJS.ErrnoException).code !== 'EPERM') return;
  throw new PrivilegeError(
    `cannot withdraw ${name}: the capability CAP_NET_ADMIN is missing; run this as root ` +
      '(sudo vip-elector cleanup), or in a container add NET_ADMIN to its capabilities',
  );
}
