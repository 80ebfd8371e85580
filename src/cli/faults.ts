import type { CommandModule } from 'yargs';
import { buildEtcd, hasGo } from '../lab/etcd-build.ts';
import { CORE, MATRIX_SCENARIOS } from '../lab/matrix.ts';
import { renderMatrix } from '../lab/matrix-report.ts';
import { pickScenarios } from '../lab/session.ts';
import { names, RUN_OPTIONS, runScenarios, standardStreams, type LabArguments } from './lab.ts';

interface FaultsArguments extends LabArguments {
  etcd: string | undefined;
}

/** A release line; anything else is the path of a server. */
const LINE = /^\d+\.\d+$/;

function say(text: string): void {
  standardStreams.stderr(`${text}\n`);
}

/** `vip-elector faults`: every fault of docs/faults.md that a lab can make, as a table. */
export const faultsCommand: CommandModule<object, FaultsArguments> = {
  command: 'faults',
  describe: 'run the fault matrix (docs/faults.md)',
  builder: (yargs) =>
    yargs.options(RUN_OPTIONS).option('etcd', {
      type: 'string',
      requiresArg: true,
      describe:
        'another server than the one that is installed: a release line such as 3.5, built with Go, ' +
        'or a path; `all` means the core of the matrix then',
    }),
  handler: async (argv) => {
    const { etcd } = argv;
    if (etcd !== undefined && LINE.test(etcd) && !(await hasGo())) {
      standardStreams.stdout(`Go is not installed: etcd ${etcd} is not built, nothing was run\n`);
      return;
    }
    const program = etcd !== undefined && LINE.test(etcd) ? await buildEtcd(etcd, say) : etcd;
    const from = etcd === undefined ? MATRIX_SCENARIOS : CORE;
    const asked = names(argv);
    const scenarios = pickScenarios(asked, asked.includes('all') ? from : MATRIX_SCENARIOS);
    await runScenarios(argv, scenarios, {
      render: renderMatrix,
      ...(program !== undefined && { etcdProgram: program }),
      ...standardStreams,
    });
  },
};
