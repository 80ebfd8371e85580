import { basename, join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../../talos/document/machine-config.ts';
import { maskedText } from '../../talos/document/secrets.ts';
import { lineDiff } from '../../talos/integrate/line-diff.ts';
import type { Rewritten } from '../../talos/integrate/rewritten.ts';
import { refuseWorse } from '../../talos/integrate/rewritten.ts';
import { readIfThere, readText, replaceFile } from '../../talos/integrate/secret-file.ts';
import type { Io } from '../options.ts';

/** One file to write. */
export interface Output {
  readonly path: string;
  /** What is there now. */
  readonly before: string | undefined;
  /** What `--diff` compares with where nothing is there: the file that was read. */
  readonly source?: string;
  readonly config: MachineConfig;
  /** What is said of it besides: role, hash of the secrets. */
  readonly proof: string;
}

/** Options of every command that writes configurations. */
export const outputOptions = {
  out: { type: 'string', requiresArg: true, demandOption: true, describe: 'directory for results' },
  diff: { type: 'boolean', default: false, describe: 'only show what would change' },
} as const;

/** @throws OperatorError where two outputs have the same path */
export function refuseDoubles(outputs: readonly Output[]): void {
  const twice = outputs.find(({ path }, at) => outputs.findIndex((o) => o.path === path) !== at);
  if (twice === undefined) return;
  throw new OperatorError(`${twice.path} would be written twice; rename one`, ExitCode.usage);
}

/**
 * Rewrites each file into the directory, all or, where one is refused, none; or with `--diff` only
 * shows it (exit 5 where something would change).
 */
export function rewriteFiles(
  argv: { readonly files: readonly string[]; readonly out: string; readonly diff: boolean },
  io: Io,
  rewrite: (config: MachineConfig) => Rewritten,
): void {
  const notes: string[] = [];
  const outputs = argv.files.map((file): Output => {
    const source = readText(file);
    const base = MachineConfig.parse(source, file);
    const { config, notes: own, secretsSha256 } = rewrite(base);
    refuseWorse(base, config);
    notes.push(...own.map((note) => `${file}: ${note}\n`));
    const path = join(argv.out, basename(file));
    const proof = `secrets unchanged (sha256 ${secretsSha256})`;
    return { path, before: readIfThere(path), source, config, proof };
  });
  refuseDoubles(outputs);
  for (const note of notes) io.stderr(note);
  if (argv.diff) show(outputs, io);
  else write(outputs, io);
}

/** What would change, secrets masked; exit 5 where something would. */
export function show(outputs: readonly Output[], io: Io): void {
  for (const { path, before, source, config } of outputs) {
    const now = before ?? source;
    if (config.toString() === now) continue;
    process.exitCode = ExitCode.differs;
    const old = now === undefined ? '' : maskedText(MachineConfig.parse(now, path));
    io.stdout(`--- ${path}\n+++ ${path}\n${lineDiff(old, maskedText(config))}`);
  }
}

/** Writes what is not there already: 0600, whole or not at all, the old file kept beside it. */
export function write(outputs: readonly Output[], io: Io): void {
  const wallMs = systemClock.wallMs();
  for (const { path, before, config, proof } of outputs) {
    const text = config.toString();
    if (text === before) {
      io.stdout(`${path}: as it was; ${proof}\n`);
      continue;
    }
    const backup = replaceFile(path, text, wallMs);
    io.stdout(`${path}: written; ${proof}${backup ? `; before: ${backup}` : ''}\n`);
  }
}
