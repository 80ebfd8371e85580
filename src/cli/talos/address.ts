import type { CommandModule } from 'yargs';
import { chooseVip, STRATEGIES } from '../../talos/address/choice.ts';
import type { Strategy } from '../../talos/address/choice.ts';
import { formatOutputs, OUTPUT_FORMATS } from '../../talos/address/outputs.ts';
import type { OutputFormat } from '../../talos/address/outputs.ts';
import { parseAddress, parseCidr } from '../../talos/address/text.ts';
import { parseVipAddress } from '../../talos/inventory/schema.ts';
import { readFlag } from '../flag.ts';
import type { Io } from '../options.ts';

interface AddressArguments {
  cidr: string;
  controlplanes: string;
  workers: string;
  'base-offset': string;
  'worker-offset': string;
  strategy: Strategy;
  vip: string | undefined;
  taken: string[];
  output: OutputFormat;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
/** Hosts of the largest network in which anyone counts them: a /8. */
const COUNT_MAX = 2 ** 24;

/** `vip-elector talos address`: a VIP chosen as the Terraform module chooses it. */
export function addressCommand(io: Io): CommandModule<object, AddressArguments> {
  return {
    command: 'address',
    describe: 'choose the VIP from the network and the numbers of machines',
    builder: (yargs) =>
      yargs.options({
        cidr: { ...text, demandOption: true, describe: 'network of the machines' },
        controlplanes: { ...text, default: '3', describe: 'how many; no VIP for one' },
        workers: { ...text, default: '0', describe: 'how many' },
        'base-offset': { ...text, default: '10', describe: 'first control plane in the network' },
        'worker-offset': { ...text, default: '10', describe: 'first worker behind that' },
        strategy: { choices: STRATEGIES, default: STRATEGIES[0], describe: 'where it is put' },
        vip: { ...text, describe: 'your own choice, which is checked' },
        taken: { ...text, array: true, default: [], describe: 'address in use; repeatable' },
        output: { choices: OUTPUT_FORMATS, default: OUTPUT_FORMATS[0], describe: 'format' },
      }),
    handler: (argv) => {
      const controlplanes = count('--controlplanes', argv.controlplanes);
      if (controlplanes % 2 === 0 && controlplanes > 0) {
        const lost = 'etcd survives no more failures than with one less';
        io.stderr(`vip-elector: warning: ${controlplanes} control planes: ${lost}\n`);
      }
      const outputs = chooseVip({
        cidr: readFlag('--cidr', argv.cidr, parseCidr),
        controlplanes,
        workers: count('--workers', argv.workers),
        baseOffset: count('--base-offset', argv['base-offset']),
        workerOffset: count('--worker-offset', argv['worker-offset']),
        strategy: argv.strategy,
        ...(argv.vip !== undefined && { explicit: readFlag('--vip', argv.vip, parseVipAddress) }),
        taken: argv.taken.map((one) => readFlag('--taken', one, parseAddress)),
      });
      io.stdout(formatOutputs(outputs, argv.output));
    },
  };
}

function count(flag: string, given: string): number {
  return readFlag(flag, given, (value) =>
    /^\d{1,8}$/.test(value) && Number(value) <= COUNT_MAX
      ? { value: Number(value) }
      : { problem: 'is no number of machines', remedy: `write 0 to ${COUNT_MAX}` },
  );
}
