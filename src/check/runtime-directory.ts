import { fail, ok, warn, type Finding } from './finding.ts';

/** The runtime directory, or what is there in its place. */
export interface DirectorySeen {
  readonly path: string;
  /** Missing: it does not exist yet. */
  readonly found?: { readonly isDirectory: boolean; readonly mode: number };
  /** The directory itself, or the nearest above it that exists. */
  readonly nearest: string;
  /** We may write there; if not, why. */
  readonly denied?: string;
  /** The file system is kept in memory only: nothing of it outlives a boot. */
  readonly volatile: boolean;
}

/** Bits of the mode (inode(7)). */
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const NAME = 'runtime directory';

export function judgeDirectory(seen: DirectorySeen): Finding[] {
  const { path, found, nearest, denied, volatile } = seen;
  if (found?.isDirectory === false) {
    return [fail(NAME, `${path} is no directory`, 'remove it, or choose another: --runtime-dir')];
  }
  if (denied !== undefined) {
    const detail = `${path} ${found ? 'is not writable' : 'cannot be made'}: ${denied}`;
    return [fail(NAME, detail, 'run check as the daemon is run, or choose another: --runtime-dir')];
  }
  const problems = [
    ...(found === undefined ? [] : tooOpen(path, found.mode)),
    ...(volatile ? [] : [outlivesBoot(nearest)]),
  ];
  if (problems.length > 0) return problems;
  return [ok(NAME, found ? `${path}, gone with a boot` : `${path} will be made in ${nearest}`)];
}

function tooOpen(path: string, mode: number): Finding[] {
  const shown = `0${(mode & 0o777).toString(8)}`;
  const remedy = `chmod 0700 ${path}`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    const detail = `${path} has mode ${shown}: others can put a state file of theirs in place of ours`;
    return [fail(NAME, detail, remedy)];
  }
  if ((mode & OPEN_TO_OTHERS) === 0) return [];
  return [warn(NAME, `${path} has mode ${shown}: others can look into it`, remedy)];
}

function outlivesBoot(nearest: string): Finding {
  return warn(
    NAME,
    `${nearest} is on a file system that may outlive a boot, or be cloned with the machine: a node's ` +
      'identity is kept there',
    'a directory on a tmpfs, which /run mostly is: --runtime-dir',
  );
}
