import { networkInterfaces } from 'node:os';
import type { StatusReport } from '../observe/status.ts';

/** What yargs passes to itself; a program of this name and the words follow. */
const ASKED = '--get-yargs-completions';
const DEFAULT_RUNTIME_DIR = '/run/vip-elector';

/** Values of an option as they are here and now; undefined: yargs knows, or nobody. */
async function valuesOf(option: string, words: readonly string[]): Promise<string[] | undefined> {
  switch (option) {
    case '--link':
    case '--vip-link':
      return ['auto', ...Object.keys(networkInterfaces()).filter((name) => name !== 'lo')];
    case '--profile':
      return ['steady', 'fast', 'adaptive', 'seconds'];
    case '--log-level':
      return ['debug', 'info', 'warn', 'error'];
    case '--log-format':
      return ['auto', 'json', 'pretty'];
    case '--scenario': {
      const { SCENARIOS } = await import('../lab/scenarios.ts');
      return ['all', ...SCENARIOS.map(({ name }) => name)];
    }
    case '--group':
    case '--to':
      return namesOf(option, await reportOf(words));
    default:
      return undefined;
  }
}

function namesOf(option: '--group' | '--to', report: StatusReport | undefined): string[] {
  if (report === undefined) return [];
  if (option === '--group') return report.groups.map(({ name }) => name);
  const others = report.groups.flatMap(({ candidates }) =>
    candidates.flatMap(({ node, mine, foreign }) => (mine || foreign ? [] : [node])),
  );
  return [...new Set(others)];
}

/** Of the daemon here, which answers at once or not at all. */
async function reportOf(words: readonly string[]): Promise<StatusReport | undefined> {
  const { localStatus } = await import('./control-client.ts');
  const at = words.indexOf('--runtime-dir');
  return localStatus((at === -1 ? undefined : words[at + 1]) ?? DEFAULT_RUNTIME_DIR);
}

/** A name from elsewhere that a shell could take for something else is not offered. */
const HARMLESS = /^[\w.@-]+$/;

/**
 * Completes values of options (links, groups, nodes), which yargs does not.
 * @param argv the command line, without node and script
 * @returns undefined when it is not asked for, or is yargs' own business
 */
export async function complete(argv: readonly string[]): Promise<string[] | undefined> {
  const at = argv.indexOf(ASKED);
  if (at === -1) return undefined;
  const words = argv.slice(at + 2);
  const current = words.at(-1) ?? '';
  const values = await valuesOf(words.at(-2) ?? '', words);
  return values?.filter((each) => HARMLESS.test(each) && each.startsWith(current));
}
