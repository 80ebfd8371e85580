import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, ROOT } from './root.ts';

/**
 * The manual page vip-elector(8): the frame is written by hand, commands and options are what the
 * program itself says, so that it cannot tell of others than there are.
 * @param seconds the page's date, seconds since the epoch
 */
export function manual({ version, seconds }: { version: string; seconds: number }): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  return readFileSync(join(HERE, 'vip-elector.8'), 'utf8')
    .replace('@DATE@', date)
    .replace('@VERSION@', version)
    .replace('@COMMANDS@', () => literal(section(help(), 'Commands')))
    .replace('@OPTIONS@', () => literal(section(help('run'), 'Options')));
}

function help(...command: readonly string[]): string {
  const args = [join(ROOT, 'dist', 'main.js'), ...command, '--help'];
  return execFileSync(process.execPath, args, { encoding: 'utf8', env: {} });
}

/** The lines below a heading of yargs, to the next empty one. @throws Error when there is none */
function section(text: string, heading: string): string {
  const found = new RegExp(`^${heading}:\\n((?:.+\\n)+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`--help has no section "${heading}"`);
  return found.trimEnd();
}

/** As roff prints it unchanged. */
function literal(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}
