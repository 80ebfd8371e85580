import type { CommandModule } from 'yargs';
import { ExitCode, OperatorError } from '../../errors.ts';
import { parseAddress, parseCidr } from '../../talos/address/text.ts';
import { readText } from '../../talos/integrate/secret-file.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import { parseRange } from '../../talos/inventory/schema.ts';
import type { LintFinding } from '../../talos/validate/finding.ts';
import type { Known } from '../../talos/validate/known.ts';
import { knownOf, NOTHING } from '../../talos/validate/known.ts';
import { validate } from '../../talos/validate/validate.ts';
import { parseTalosVersion } from '../../talos/version.ts';
import { readFlag } from '../flag.ts';
import type { Io } from '../options.ts';
import { painter, printable } from '../text.ts';

interface Arguments {
  files: string[];
  inventory: string | undefined;
  cidr: string | undefined;
  'dhcp-range': string | undefined;
  taken: string[];
  'talos-version': string | undefined;
  strict: boolean;
  json: boolean;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
const flag = { type: 'boolean', default: false } as const;

/** `vip-elector talos validate`: what is wrong with machine configurations, before a machine says. */
export function validateCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'validate <files..>',
    describe: 'say what is wrong with machine configurations: Talos’s own messages, and our lints',
    builder: (yargs) =>
      yargs
        .positional('files', { type: 'string', array: true, demandOption: true })
        .options({
          inventory: { ...text, describe: 'file: networks, machines and version from it' },
          cidr: { ...text, describe: 'network of the VIP, where the files do not say it' },
          'dhcp-range': { ...text, describe: 'what DHCP leases: FIRST-LAST' },
          taken: { ...text, array: true, default: [], describe: 'address in use; repeatable' },
          'talos-version': { ...text, describe: 'default: the tag of machine.install.image' },
          strict: { ...flag, describe: 'warnings fail, too' },
          json: { ...flag, describe: 'print JSON for programs' },
        })
        .epilogue(
          'Changes nothing. Exit codes: 0 nothing fails, 2 wrong usage, 3 something fails.',
        ),
    handler: async (argv) => {
      const known = await knownFrom(argv);
      const sources = argv.files.map((name) => ({ name, text: readText(name) }));
      const found = validate(sources, known, argv.inventory);
      if (argv.json) io.stdout(`${JSON.stringify(found, null, 2)}\n`);
      else io.stdout(viewOf(found, argv.files.length));
      if (found.some(({ level }) => level === 'fail' || argv.strict)) {
        process.exitCode = ExitCode.checkFailed;
      }
    },
  };
}

async function knownFrom(argv: Arguments): Promise<Known> {
  const base =
    argv.inventory === undefined ? NOTHING : knownOf(await loadInventory(argv.inventory));
  const range = argv['dhcp-range'];
  const version = argv['talos-version'];
  const taken = argv.taken.map((one) => readFlag('--taken', one, parseAddress));
  if (argv.files.length === 0) throw new OperatorError('name a file', ExitCode.usage);
  return {
    ...base,
    ...(argv.cidr !== undefined && { cidr: readFlag('--cidr', argv.cidr, parseCidr) }),
    ...(range !== undefined && { dhcpRange: readFlag('--dhcp-range', range, parseRange) }),
    ...(version !== undefined && {
      version: readFlag('--talos-version', version, parseTalosVersion),
    }),
    taken: new Map([...base.taken, ...taken.map((one) => [one, 'another'] as const)]),
  };
}

function viewOf(found: readonly LintFinding[], files: number): string {
  const paint = painter(process.stdout.isTTY);
  const lines = found.flatMap(({ place, rule, level, message, remedy }) => {
    const head = `${paint(level === 'fail' ? 'red' : 'yellow', level)} ${rule}`;
    const line = `${head} ${printable(place)}: ${printable(message)}`;
    return remedy === undefined ? [line] : [line, `      remedy: ${printable(remedy)}`];
  });
  const fails = found.filter(({ level }) => level === 'fail').length;
  const many = files === 1 ? '1 file' : `${files} files`;
  return `${[...lines, `${many}: ${fails} fail, ${found.length - fails} warn`].join('\n')}\n`;
}
