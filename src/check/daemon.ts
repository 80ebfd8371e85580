import type { StatusReport } from '../observe/status.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** What is to be seen of a daemon on this host. */
export interface DaemonSeen {
  readonly runtimeDir: string;
  /** Somebody has the lock of this network namespace. */
  readonly locked: boolean;
  /** What the control socket in the runtime directory answers. */
  readonly status: StatusReport | undefined;
}

const NAME = 'daemon';

/** Whether a daemon runs here: to know it, for there may be one or none. */
export function judgeDaemon({ runtimeDir, locked, status }: DaemonSeen): Finding {
  if (status !== undefined && !locked) {
    return fail(
      NAME,
      `one of another network namespace (node ${status.node}) uses ${runtimeDir}: none will start here`,
      'give each a runtime directory of its own: --runtime-dir',
    );
  }
  if (status !== undefined) {
    const { node, version, fence } = status;
    const groups = status.groups.map(({ name, state }) => `group ${name} ${state}`);
    const parts = [`node ${node}`, version, `profile ${fence.profile}`, ...groups];
    return ok(NAME, `runs here: ${parts.join(', ')}`);
  }
  if (!locked) return ok(NAME, 'none runs in this network namespace');
  return warn(
    NAME,
    `one runs in this network namespace and does not answer in ${runtimeDir}`,
    'give check the configuration of the daemon (--config, --runtime-dir), as the same user',
  );
}
