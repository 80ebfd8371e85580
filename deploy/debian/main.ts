/**
 * `npm run package`: a .deb for amd64 and one for arm64, with a Node.js of its own. The same commit
 * gives the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageVersion } from '../../src/version.ts';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import { layOut } from './layout.ts';
import { ROOT } from './root.ts';

const HELP = `npm run package [-- OPTIONS]: makes Debian packages, and prints where they are

  --arch amd64,arm64      which (default: both)
  --revision 1            of the package, after the version of the program
  --out .cache/package    where they go
  --compression gzip      or xz (a third smaller, many minutes), zstd, none
`;
const COMPRESSIONS = ['gzip', 'xz', 'zstd', 'none'];

interface Order {
  readonly architectures: readonly Architecture[];
  readonly revision: string;
  readonly out: string;
  readonly compression: string;
}

/** @throws Error that names the argument, the value and what would be right */
function ordered(argv: readonly string[]): Order | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      arch: { type: 'string', default: ARCHITECTURES.map(({ debian }) => debian).join(',') },
      revision: { type: 'string', default: '1' },
      out: { type: 'string', default: join(ROOT, '.cache', 'package') },
      compression: { type: 'string', default: 'gzip' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { revision, out, compression } = values;
  const architectures = values.arch.split(',').map((name) => {
    const found = ARCHITECTURES.find(({ debian }) => debian === name);
    if (found === undefined) throw new Error(`--arch: ${name} is neither amd64 nor arm64`);
    return found;
  });
  // What dpkg takes as a revision (deb-version(7)).
  if (!/^\d[0-9A-Za-z.+~]*$/.test(revision)) {
    throw new Error(`--revision: ${revision} should be a number such as 1, or 1~rc1`);
  }
  if (!COMPRESSIONS.includes(compression)) {
    throw new Error(`--compression: ${compression} is none of ${COMPRESSIONS.join(', ')}`);
  }
  return { architectures, revision, out, compression };
}

/** Seconds since the epoch that every file of the package carries: of the commit, unless told. */
function epoch(): number {
  const told = process.env['SOURCE_DATE_EPOCH'];
  const text = told ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT }).toString();
  const seconds = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
  throw new Error(`SOURCE_DATE_EPOCH: ${text} should be seconds since 1970`);
}

function build({ revision, out, compression }: Order, architecture: Architecture): string {
  const version = `${packageVersion()}-${revision}`;
  const { debian } = architecture;
  const tree = join(out, `tree-${debian}-${process.pid}`);
  const file = join(out, `vip-elector_${version}_${debian}.deb`);
  const seconds = epoch();
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  try {
    layOut(tree, { architecture, version, seconds });
    execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', tree, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(seconds) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return file;
}

try {
  const order = ordered(process.argv.slice(2));
  if (order === undefined) process.stdout.write(HELP);
  for (const architecture of order?.architectures ?? []) {
    const file = build(order!, architecture);
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    const mib = (statSync(file).size / 2 ** 20).toFixed(1);
    process.stdout.write(`${file}\n  ${mib} MiB, sha256 ${digest}\n`);
  }
} catch (error) {
  process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
