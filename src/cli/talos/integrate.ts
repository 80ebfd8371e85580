import { basename, join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../../talos/document/machine-config.ts';
import { maskedText } from '../../talos/document/secrets.ts';
import { integrate } from '../../talos/integrate/integrated.ts';
import type { Integrated } from '../../talos/integrate/integrated.ts';
import { lineDiff } from '../../talos/integrate/line-diff.ts';
import { readIfThere, readText, replaceFile } from '../../talos/integrate/secret-file.ts';
import type { Patch } from '../../talos/merge/patch.ts';
import type { Io } from '../options.ts';

interface Arguments {
  readonly files: readonly string[];
  readonly 'vip-patch': readonly string[];
  readonly 'node-patch': readonly string[];
  readonly patch: readonly string[];
  readonly out: string;
  readonly diff: boolean;
  readonly dedupe: boolean;
}

/** One file to write. */
interface Output extends Integrated {
  readonly path: string;
  readonly before: string | undefined;
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
    const merged = integrate(base, { vip, node, own }, { dedupe: argv.dedupe });
    return { ...merged, path, before: readIfThere(path) };
  };
  const outputs = [
    ...argv.files.map((file) => made(file, basename(file), [])),
    ...[...nodes].map(([node, { input, patches }]) => made(input, `${node}.yaml`, patches)),
  ];
  const twice = outputs.find(({ path }, at) => outputs.findIndex((o) => o.path === path) !== at);
  if (twice !== undefined) {
    throw new OperatorError(`${twice.path} would be written twice; rename one`, ExitCode.usage);
  }
  return outputs;
}

function patchFrom(file: string): Patch {
  return { name: file, text: readText(file) };
}

function show(outputs: readonly Output[], io: Io): void {
  for (const { path, before, config } of outputs) {
    if (config.toString() === before) continue;
    process.exitCode = ExitCode.differs;
    const old = before === undefined ? '' : maskedText(MachineConfig.parse(before, path));
    io.stdout(`--- ${path}\n+++ ${path}\n${lineDiff(old, maskedText(config))}`);
  }
}

function write(outputs: readonly Output[], io: Io): void {
  const wallMs = systemClock.wallMs();
  for (const { path, before, config, role, secretsSha256 } of outputs) {
    const text = config.toString();
    const proof = `${role}, secrets unchanged (sha256 ${secretsSha256})`;
    if (text === before) {
      io.stdout(`${path}: as it was; ${proof}\n`);
      continue;
    }
    const backup = replaceFile(path, text, wallMs);
    io.stdout(`${path}: written; ${proof}${backup ? `; before: ${backup}` : ''}\n`);
  }
}
