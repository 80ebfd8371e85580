/** The files of the package, where they go on a host. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Architecture } from './architecture.ts';
import { manual } from './manual.ts';
import { nodeRuntime, productionModules } from './parts.ts';
import { HERE, ROOT } from './root.ts';

/** Everything of ours that is neither configuration nor state. */
const HOME = '/usr/lib/vip-elector';
const DOCS = 'usr/share/doc/vip-elector';
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
const KIB = 1024;

export interface Release {
  readonly architecture: Architecture;
  /** Debian's: `0.1.0-1`. */
  readonly version: string;
  /** When it was made, seconds since the epoch. */
  readonly seconds: number;
}

/** Lays all files of the package out below `tree`. @throws Error */
export function layOut(tree: string, release: Release): void {
  const { architecture, version, seconds } = release;
  const put = (path: string, content: string | Uint8Array, mode = 0o644): void => {
    const to = join(tree, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content, { mode });
  };
  program(tree, architecture);
  put('usr/bin/vip-elector', ours('vip-elector.sh'), 0o755);
  put('lib/systemd/system/vip-elector.service', unit());
  const users = readFileSync(join(ROOT, 'systemd', 'vip-elector.sysusers'));
  put('usr/lib/sysusers.d/vip-elector.conf', users);
  put('usr/share/vip-elector/config.yaml', ours('config.yaml'));
  put('usr/share/bash-completion/completions/vip-elector', completion('/bin/bash'));
  put('usr/share/zsh/vendor-completions/_vip-elector', completion('/bin/zsh'));
  put('usr/share/man/man8/vip-elector.8.gz', gzipSync(manual({ version, seconds }), { level: 9 }));
  put(`${DOCS}/copyright`, ours('copyright'));
  normalise(tree, seconds);
  const installedKib = Math.ceil(files(tree).reduce((sum, { size }) => sum + size, 0) / KIB);
  const sums = files(tree).map(({ path }) => `${md5(join(tree, path))}  ${path}\n`);
  put('DEBIAN/md5sums', sums.join(''));
  put('DEBIAN/control', control(release, installedKib));
  for (const script of SCRIPTS) put(`DEBIAN/${script}`, ours(script), 0o755);
  normalise(tree, seconds);
}

/** A part of the package that lies beside us. */
function ours(name: string): string {
  return readFileSync(join(HERE, name), 'utf8');
}

/** Node.js, the program and its modules. */
function program(tree: string, architecture: Architecture): void {
  const home = join(tree, HOME);
  const runtime = nodeRuntime(architecture);
  const copies: [from: string, to: string][] = [
    [join(runtime, 'bin', 'node'), join(home, 'bin', 'node')],
    [join(runtime, 'LICENSE'), join(tree, DOCS, 'LICENSE.node')],
    [join(ROOT, 'dist'), join(home, 'dist')],
    [productionModules(architecture), join(home, 'node_modules')],
    [join(ROOT, 'package.json'), join(home, 'package.json')],
  ];
  for (const [from, to] of copies) cpSync(from, to, { recursive: true });
}

/** The unit of this repository with the package's paths. @throws Error when it has others */
function unit(): string {
  const source = readFileSync(join(ROOT, 'systemd', 'vip-elector.service'), 'utf8');
  const text = source
    .replace('Install: see README.md, "A first installation".', 'Manual: vip-elector(8).')
    .replaceAll('/usr/bin/node', `${HOME}/bin/node`)
    .replaceAll('/opt/vip-elector', HOME);
  if (text.split(`${HOME}/dist/main.js`).length < 3 || /\/opt\/|\/usr\/bin\//.test(text)) {
    throw new Error('systemd/vip-elector.service names other paths than the package knows');
  }
  return text;
}

/** @param shell whose completion script is wanted */
function completion(shell: string): string {
  return execFileSync(process.execPath, [join(ROOT, 'dist', 'main.js'), 'completion'], {
    encoding: 'utf8',
    env: { SHELL: shell },
  });
}

function control({ architecture, version }: Release, installedKib: number): string {
  return ours('control')
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture.debian)
    .replace('@INSTALLED@', String(installedKib));
}

interface PackedFile {
  /** Below the tree. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** All regular files, in an order that does not depend on the disk. */
function files(tree: string): PackedFile[] {
  return entries(tree)
    .map((path) => ({ path: relative(tree, path), stat: lstatSync(path) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ path, stat }) => ({ path, size: stat.size }));
}

function entries(tree: string): string[] {
  const names = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  return names.toSorted().map((name) => join(tree, name));
}

/** Modes and times that do not depend on who builds, and when. */
function normalise(tree: string, seconds: number): void {
  for (const path of [tree, ...entries(tree)]) {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) throw new Error(`${path}: links are not expected in the package`);
    const runs = stat.isDirectory() || (stat.mode & 0o100) !== 0;
    chmodSync(path, runs ? 0o755 : 0o644);
    utimesSync(path, seconds, seconds);
  }
}

function md5(path: string): string {
  return createHash('md5').update(readFileSync(path)).digest('hex');
}
