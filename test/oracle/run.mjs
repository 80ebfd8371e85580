// npm run oracle: asks Talos's own Go code, of each age in turn, for every case of the corpus, and keeps its
// answers in current.json and legacy.json. Needs Go, and a module proxy that hands out Talos's module; says so
// where not, and ends with 1 then.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

function go(work, ...args) {
  const { status, error, stderr } = spawnSync('go', args, {
    cwd: work,
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  });
  if (error !== undefined) throw new Error('Go is not installed: see https://go.dev/dl');
  if (status !== 0) throw new Error(stderr.trim());
}

function ask(age) {
  const [, module, version] = /(\S+\/pkg\/machinery) (v\S+)/.exec(
    readFileSync(join(here, age, 'go.mod'), 'utf8'),
  );
  const work = mkdtempSync(join(tmpdir(), 'vip-elector-oracle-'));
  try {
    cpSync(join(here, age), work, { recursive: true });
    copyFileSync(join(here, 'main.go'), join(work, 'main.go'));
    try {
      go(work, 'build', '-o', 'oracle', '.');
    } catch (error) {
      throw new Error(`${module}@${version} cannot be had here:\n${error.message}`, {
        cause: error,
      });
    }
    go(work, 'run', '.', join(here, 'corpus'), join(here, `${age}.json`), module, version);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

for (const age of ['legacy', 'current']) {
  try {
    ask(age);
    process.stdout.write(`oracle: ${age} has answered\n`);
  } catch (error) {
    process.stderr.write(`oracle: ${error.message}\noracle: no answers of ${age} were written\n`);
    process.exitCode = 1;
  }
}
