import type { DaemonContext } from '../../../src/lab/daemon-command.ts';
import type { Command } from '../../../src/lab/host.ts';

/**
 * A program that the benchmark runs on every host of the lab, and how. Who holds the address is not
 * asked of it: the holder is who answers ARP for it on the wire.
 *
 * What it must be like: one process, which may have children, that stays in the foreground; SIGTERM to
 * it is a clean stop, after which it ends by itself. The lab kills (SIGKILL), freezes (SIGSTOP) and
 * wakes (SIGCONT) it with all that it has started. It runs in the host's network namespace, with the
 * LAN on link `end0`.
 */
export interface Contender {
  /** For `--only` and as the head of a column. Short, without spaces and commas. */
  readonly name: string;
  /** How it is configured, for the reader of the table. */
  readonly summary: string;
  /** True: every host has an etcd member, and `DaemonContext.endpoints` are of use. */
  readonly etcd: boolean;
  /** What it does again and again it does this often, in milliseconds: faults hit any moment between. */
  readonly beatEveryMs: number;
  /** Scenarios that mean nothing for it; a dash in the table. */
  readonly notApplicable: readonly string[];
  /** Its version as text. @throws OperatorError when it is not installed, with the remedy */
  version(): Promise<string>;
  /** Writes its configuration below `context.runtimeDir`, and tells how it is started on a host. */
  command(context: DaemonContext): Command;
}
