import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElectorEvent, Emit } from './events.ts';

/** A program that touches addresses, how it is seen on a host, and how to keep it from ours. */
interface Meddler {
  readonly name: string;
  /** One of these is there while it runs. */
  readonly paths?: readonly string[];
  /** The name of its process, as /proc/<pid>/comm has it (at most 15 characters). */
  readonly process?: string;
  readonly remedy: string;
}

/** systemd.network(5), NetworkManager.conf(5), dhcpcd.conf(5). */
const MANAGERS: readonly Meddler[] = [
  {
    name: 'systemd-networkd',
    paths: ['run/systemd/netif/state'],
    remedy:
      'KeepConfiguration=yes in [Network] of the .network file of link %, or Unmanaged=yes in its [Link]',
  },
  {
    name: 'NetworkManager',
    paths: ['run/NetworkManager/NetworkManager.pid', 'run/NetworkManager/devices'],
    remedy:
      'unmanaged-devices=interface-name:% in [keyfile] of a file in /etc/NetworkManager/conf.d',
  },
  {
    name: 'dhcpcd',
    paths: ['run/dhcpcd.pid', 'run/dhcpcd/pid', 'run/dhcpcd'],
    remedy: 'denyinterfaces % in /etc/dhcpcd.conf',
  },
];

const STOP = 'stop it before vip-elector has the address, or give it other addresses';
const HOLDERS: readonly Meddler[] = [
  'keepalived',
  'kube-vip',
  'vip-manager',
  'ucarp',
  'corosync',
].map((name) => ({ name, process: name, remedy: STOP }));

const NUMBER = /^\d+$/;

/** The names of all processes. None where /proc cannot be read. */
function processes(root: string): Set<string> {
  const found = new Set<string>();
  const proc = join(root, 'proc');
  if (!existsSync(proc)) return found;
  for (const pid of readdirSync(proc).filter((name) => NUMBER.test(name))) {
    try {
      found.add(readFileSync(join(proc, pid, 'comm'), 'utf8').trim());
    } catch (error) {
      // It has ended meanwhile.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES') throw error;
    }
  }
  return found;
}

function present(meddlers: readonly Meddler[], link: string, root: string): string[] {
  const running = meddlers.some((each) => each.process !== undefined)
    ? processes(root)
    : new Set<string>();
  return meddlers
    .filter(
      ({ paths = [], process = '' }) =>
        running.has(process) || paths.some((path) => existsSync(join(root, path))),
    )
    .map(({ name, remedy }) => `${name} runs here: ${remedy.replaceAll('%', link)}`);
}

const NOBODY = 'no program that is known for it was seen on this host';

/**
 * Who takes addresses off links on this host, and how to tell each to leave ours alone.
 * @param root for tests: where `run` is
 */
export function whoRemoves(link: string, root = '/'): string {
  const found = present(MANAGERS, link, root);
  return found.length === 0 ? `${NOBODY}; the journal of this moment may tell` : found.join('; ');
}

/** Whose an address may be that we did not put on a link. @param root for tests: where `proc` is */
export function whoAdds(link: string, root = '/'): string {
  const found = [...present(HOLDERS, link, root), ...present(MANAGERS, link, root)];
  return found.length === 0
    ? `${NOBODY}: it may be an operator's, or of a network configuration`
    : found.join('; ');
}

/**
 * Emits, and tells besides, once of each kind, who may have removed or added an address: this may read
 * files, so it is done when all that the event leads to is done.
 * @param later calls soon, not now
 * @param root for tests
 */
export function hinting(emit: Emit, later: (work: () => void) => void, root = '/'): Emit {
  const told = new Set<string>();
  const tell = (about: 'removed' | 'foreign', who: () => string): void => {
    if (told.has(about)) return;
    told.add(about);
    later(() => emit({ type: 'hint', about, hint: who() }));
  };
  return (event: ElectorEvent) => {
    emit(event);
    if (event.type === 'drift-repaired') tell('removed', () => whoRemoves(event.link, root));
    if (
      event.type === 'transition' &&
      event.to === 'faulted' &&
      event.reason === 'foreign-address'
    ) {
      const link = / is on link (\S+) /.exec(event.detail ?? '')?.[1] ?? 'of the address';
      tell('foreign', () => whoAdds(link, root));
    }
  };
}
