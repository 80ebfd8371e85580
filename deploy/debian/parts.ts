/** What a package is made of that comes from npm. Kept under `.cache/package/` from build to build. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { NODE_VERSION, type Architecture } from './architecture.ts';
import { ROOT } from './root.ts';

const CACHE = join(ROOT, '.cache', 'package');

/**
 * A folder with `bin/node` and `LICENSE` of the pinned Node.js.
 * @throws Error when npm gives something else than what was pinned
 */
export function nodeRuntime({ node, nodeIntegrity }: Architecture): string {
  return made(`node-${NODE_VERSION}-${node}`, (folder) => {
    const args = ['pack', '--silent', `node-linux-${node}@${NODE_VERSION}`];
    const name = execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }).trim();
    const archive = join(folder, name);
    const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (`sha512-${digest}` !== nodeIntegrity) {
      throw new Error(`${name} is not what was pinned: sha512-${digest}`);
    }
    const members = ['package/bin/node', 'package/LICENSE'];
    execFileSync('tar', ['-xzf', archive, '--strip-components=1', ...members], { cwd: folder });
    rmSync(archive);
  });
}

/** A folder `node_modules` with what the program needs at run time, native parts prebuilt. */
export function productionModules({ node }: Architecture): string {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = made(`modules-${node}-${digest}`, (fresh) => {
    for (const file of ['package.json', 'package-lock.json']) {
      copyFileSync(join(ROOT, file), join(fresh, file));
    }
    const place = ['--os=linux', `--cpu=${node}`, '--libc=glibc'];
    const quiet = ['--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', ...place, ...quiet], {
      cwd: fresh,
      stdio: ['ignore', 2, 2],
    });
    // raw-socket is compiled on each machine, and nobody gives it prebuilt. Types are for compilers.
    const modules = join(fresh, 'node_modules');
    for (const left of ['raw-socket', '@types', 'undici-types', '.package-lock.json']) {
      rmSync(join(modules, left), { recursive: true, force: true });
    }
    // Links to programs of libraries, which nobody starts.
    for (const path of readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
      if (basename(path) === '.bin') rmSync(join(modules, path), { recursive: true });
    }
    if (!existsSync(join(fresh, 'node_modules', '@koromix', `koffi-linux-${node}`))) {
      throw new Error(`npm brought no koffi for linux-${node}`);
    }
  });
  return join(folder, 'node_modules');
}

/** What `make` put into a folder of that name, now or before: whole, or not at all. */
function made(name: string, make: (folder: string) => void): string {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    make(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
