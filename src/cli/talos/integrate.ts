import { basename, join } from 'node:path';
import type { CommandModule } from 'yargs';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../../talos/document/machine-config.ts';
import { integrate } from '../../talos/integrate/integrated.ts';
import { readIfThere, readText } from '../../talos/integrate/secret-file.ts';
import type { Patch } from '../../talos/merge/patch.ts';
import type { Io } from '../options.ts';
import type { Output } from './outputs.ts';
import { refuseDoubles, show, write } from './outputs.ts';

interface Arguments {
  readonly files: readonly string[];
  readonly 'vip-patch': readonly string[];
  readonly 'node-patch': readonly string[];
  readonly patch: readonly string[];
  readonly out: string;
  readonly diff: boolean;
  readonly dedupe: boolean;
}

/** `vip-elector talos integrate`: generated configurations with the VIP and all patches merged in. */
export function integrateCommand(io: Io): CommandModule<object, Arguments> {
  const many = { type: 'string', array: true, requiresArg: true, default: [] as string[] } as const;
  return {
    command: 'integrate <files..>',
    describe: 'merge the VIP and patches into controlplane.yaml and worker.yaml',
    builder: (yargs) =>
      yargs
        .positional('files', { type: 'string', array: true, demandOption: true })
        .option('vip-patch', { ...many, describe: 'file with the VIP: for control planes only' })
        .option('node-patch', {
          ...many,
          describe: 'NODE=INPUT=PATCH: also write NODE.yaml, from INPUT with PATCH merged in',
        })
        .option('patch', { ...many, alias: 'p', describe: 'file for all, merged last' })
        .option('out', {
          type: 'string',
          demandOption: true,
          describe: 'directory for the results',
        })
        .option('diff', {
          type: 'boolean',
          default: false,
          describe: 'only show what would change',
        })
        .option('dedupe', {
          type: 'boolean',
          default: true,
          describe: 'no SAN and no address twice; Talos itself would add it again',
        }),
    handler: (argv) => {
      const outputs = outputsOf(argv);
      if (argv.diff) show(outputs, io);
      else write(outputs, io);
    },
  };
}

function outputsOf(argv: Arguments): Output[] {
  const vip = argv['vip-patch'].map(patchFrom);
  const own = argv.patch.map(patchFrom);
  const nodes = new Map<string, { input: string; patches: Patch[] }>();
  for (const text of argv['node-patch']) {
    const [node = '', input = '', file = '', ...rest] = text.split('=');
    const known = nodes.get(node) ?? { input, patches: [] };
    const isRight = /^[\w.:-]+$/.test(node) && !/^\.+$/.test(node) && rest.length === 0;
    if (!isRight || file === '' || known.input !== input) {
      const problem = 'write NODE=INPUT=PATCH, with one input for a node';
      throw new OperatorError(`--node-patch = ${JSON.stringify(text)}: ${problem}`, ExitCode.usage);
    }
    nodes.set(node, { input, patches: [...known.patches, patchFrom(file)] });
  }
  const made = (input: string, name: string, node: readonly Patch[]): Output => {
    const base = MachineConfig.parse(readText(input), input);
    const path = join(argv.out, name);
    const layers = { vip, node, own };
    const { config, role, secretsSha256 } = integrate(base, layers, { dedupe: argv.dedupe });
    const proof = `${role}, secrets unchanged (sha256 ${secretsSha256})`;
    return { path, before: readIfThere(path), config, proof };
  };
  const outputs = [
    ...argv.files.map((file) => made(file, basename(file), [])),
    ...[...nodes].map(([node, { input, patches }]) => made(input, `${node}.yaml`, patches)),
  ];
  refuseDoubles(outputs);
  return outputs;
}

function patchFrom(file: string): Patch {
  return { name: file, text: readText(file) };
}
