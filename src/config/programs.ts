import { describe } from '../errors.ts';
import type { Files } from './credentials.ts';
import type { Draft } from './schema.ts';
import { HOOKS } from './types.ts';
import type { Finding } from './issues.ts';
import type { Path } from './path.ts';

/** st_mode: the kind of file, a regular one, and the bits that let somebody run it (inode(7)). */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const EXECUTABLE = 0o111;

/** Looks whether the programs that are named are there and can be run. */
export function checkPrograms(
  { hooks = {} }: Draft,
  { fileMode }: Pick<Files, 'fileMode'>,
): Finding[] {
  return HOOKS.flatMap((name): Finding[] => {
    const program = hooks[name];
    return program === undefined ? [] : checkProgram(['hooks', name], program, fileMode);
  });
}

/** @param path where it is named */
export function checkProgram(path: Path, program: string, fileMode: Files['fileMode']): Finding[] {
  let mode: number;
  try {
    mode = fileMode(program);
  } catch (error) {
    const remedy = `name a program that is there (${describe(error)})`;
    return [{ path, problem: 'is not there', remedy }];
  }
  if ((mode & S_IFMT) !== S_IFREG) {
    return [{ path, problem: 'is no file', remedy: 'name a program or a script' }];
  }
  if ((mode & EXECUTABLE) !== 0) return [];
  return [{ path, problem: 'cannot be executed', remedy: `chmod +x ${program}` }];
}
