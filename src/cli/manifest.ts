import { readFileSync } from 'node:fs';
import type { CommandModule, Options } from 'yargs';
import { ExitCode, OperatorError } from '../errors.ts';
import { buildOverlay, type Manifest, overlayNames } from '../manifest/overlay.ts';
import { applySettings, setImage, SETTINGS } from '../manifest/settings.ts';
import { staticPod } from '../manifest/static-pod.ts';
import { configOptions, type Io } from './options.ts';

const KINDS = ['daemonset', 'static-pod', 'systemd'] as const;
const UNIT = new URL('../../systemd/vip-elector.service', import.meta.url);

/** As the files are written. */
const STYLE = { lineWidth: 0, flowCollectionPadding: false } as const;

interface ManifestArguments {
  kind: (typeof KINDS)[number];
  overlay: string | undefined;
  image: string | undefined;
}

/** `vip-elector manifest KIND`: what starts the daemon, from the very files of `deploy/` and `systemd/`. */
export function manifestCommand(io: Io): CommandModule<object, ManifestArguments> {
  return {
    command: 'manifest <kind>',
    describe: 'print what starts the daemon: daemonset, static-pod or systemd',
    builder: (yargs) =>
      yargs
        .positional('kind', { choices: KINDS, demandOption: true, describe: 'what to print' })
        .options({
          overlay: {
            type: 'string',
            requiresArg: true,
            describe: `for another kind of cluster than kubeadm's: ${overlayNames().join(', ')}`,
          },
          image: { type: 'string', requiresArg: true, describe: 'the image, as it is pulled' },
          ...settingOptions(),
        })
        .epilogue('What is not given stays as it is in deploy/kubernetes. Nothing is applied.'),
    handler: (argv) => {
      if (argv.kind === 'systemd') {
        refuseOptions(argv);
        io.stdout(readFileSync(UNIT, 'utf8'));
        return;
      }
      const manifest = buildOverlay(argv.overlay);
      applySettings(manifest.trees, { ...argv });
      if (argv.image !== undefined) setImage(manifest.trees, argv.image);
      io.stdout(textOf(argv.kind === 'static-pod' ? staticPod(manifest) : manifest));
    },
  };
}

function settingOptions(): Record<string, Options> {
  return Object.fromEntries(SETTINGS.map((flag) => [flag, configOptions[flag] ?? {}]));
}

/** The unit reads /etc/vip-elector/config.yaml: an option that changes nothing would mislead. */
function refuseOptions(argv: Readonly<Record<string, unknown>>): void {
  const given = ['overlay', 'image', ...SETTINGS].filter((name) => argv[name] !== undefined);
  if (given.length === 0) return;
  const names = given.map((name) => `--${name}`).join(', ');
  const remedy = 'write it into /etc/vip-elector/config.yaml, which the unit reads';
  throw new OperatorError(`${names}: has no effect on the unit; ${remedy}`, ExitCode.usage);
}

function textOf({ head, trees }: Manifest): string {
  return `${head}${trees.map((tree) => tree.toString(STYLE)).join('---\n')}`;
}
