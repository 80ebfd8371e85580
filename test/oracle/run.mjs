// npm run oracle: asks Talos's own Go code for every case of the corpus, and keeps its answers in
// golden.json. Needs Go, and a module proxy that hands out Talos's module; says so where not.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const module = 'github.com/siderolabs/talos/pkg/machinery';
const version = new RegExp(`${module} (v\\S+)`).exec(
  readFileSync(join(here, 'go.mod'), 'utf8'),
)?.[1];
const work = mkdtempSync(join(tmpdir(), 'vip-elector-oracle-'));

function go(...args) {
  const { status, error, stderr } = spawnSync('go', args, {
    cwd: work,
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  });
  if (error !== undefined) throw new Error('Go is not installed: see https://go.dev/dl');
  if (status !== 0) throw new Error(stderr.trim());
}

try {
  for (const name of ['go.mod', 'main.go']) copyFileSync(join(here, name), join(work, name));
  try {
    go('mod', 'tidy');
  } catch (error) {
    throw new Error(`${module}@${version} cannot be had here:\n${error.message}`, { cause: error });
  }
  go('run', '.', join(here, 'corpus'), join(here, 'golden.json'), version ?? '');
} catch (error) {
  process.stderr.write(`oracle: ${error.message}\noracle: no answers were written\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
