import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { backUp } from '../../talos/backup.ts';
import type { Io } from '../options.ts';

interface Arguments {
  readonly paths: readonly string[];
}

/** `vip-elector talos backup [PATH…]`: copies that are compared with their originals. */
export function backupCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'backup [paths..]',
    describe: 'copy kubeconfig, talosconfig and directories beside themselves, and compare',
    builder: (yargs) =>
      yargs.positional('paths', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'files and directories (default: the kubeconfig and talosconfig in use)',
      }),
    handler: ({ paths }) => {
      const wallMs = systemClock.wallMs();
      const all = [...new Set([...inUse(io.env), ...paths])];
      if (all.length === 0) {
        const text = 'neither a kubeconfig nor a talosconfig is in use; name files or directories';
        throw new OperatorError(text, ExitCode.usage);
      }
      for (const path of all) {
        const { copy, sha256 } = backUp(path, wallMs);
        io.stdout(`${path}: copied to ${copy} (sha256 ${sha256})\n`);
      }
    },
  };
}

/** As kubectl and talosctl find theirs. */
function inUse(env: Io['env']): string[] {
  const home = env['HOME'] ?? homedir();
  const kube = env['KUBECONFIG']?.split(delimiter).filter((path) => path !== '');
  const candidates = [
    ...(kube ?? [join(home, '.kube', 'config')]),
    env['TALOSCONFIG'] ?? join(home, '.talos', 'config'),
  ];
  return candidates.filter((path) => existsSync(path));
}
