import type { Argv, CommandModule } from 'yargs';
import { lazy as lazily } from './lazy.ts';
import type { Io } from './options.ts';

/** A command below `talos`. */
function lazy<T>(
  command: string | readonly string[],
  summary: string,
  load: () => Promise<CommandModule<object, T>>,
): CommandModule {
  return lazily(command, summary, load, 'talos');
}

/** `vip-elector talos …`: each subcommand in a file of its own, loaded when it is used. */
export function talosCommand(io: Io): CommandModule {
  return {
    command: 'talos',
    describe: 'render, merge, check and move the VIP of a Talos cluster',
    builder: (yargs) =>
      endpoints(live(plans(yargs, io), io), io)
        .command(
          lazy('inventory <file>', 'check an inventory and print what it says', async () => {
            return (await import('./talos/inventory.ts')).inventoryCommand(io);
          }),
        )
        .command(
          lazy('render <file>', 'write the patches for each machine of an inventory', async () => {
            return (await import('./talos/render.ts')).renderCommand(io);
          }),
        )
        .command(
          lazy('owner [inventory]', 'show which control plane has the VIP', async () => {
            return (await import('./talos/owner.ts')).ownerCommand(io);
          }),
        )
        .command(
          lazy('integrate <files..>', 'merge the VIP and patches into configurations', async () => {
            return (await import('./talos/integrate.ts')).integrateCommand(io);
          }),
        )
        .command(
          lazy('validate <files..>', 'say what is wrong with configurations', async () => {
            return (await import('./talos/validate.ts')).validateCommand(io);
          }),
        )
        .command(
          lazy('unset <files..>', 'take the VIP out of configurations again', async () => {
            return (await import('./talos/unset.ts')).unsetCommand(io);
          }),
        )
        .command(
          lazy('convert <files..>', 'write VIP and endpoint as another version does', async () => {
            return (await import('./talos/convert.ts')).convertCommand(io);
          }),
        )
        .command(
          lazy('address', 'choose the VIP as the Terraform module does', async () => {
            return (await import('./talos/address.ts')).addressCommand(io);
          }),
        )
        .demandCommand(1, 'name a command of talos'),
    // Never called: a subcommand is demanded.
    handler: () => {},
  };
}

/** What is to be done, in writing, and the files around it: none of these changes a machine. */
function plans(parser: Argv, io: Io): Argv {
  return parser
    .command(
      lazy('migrate <file>', 'write the way from one endpoint to another', async () => {
        return (await import('./talos/migrate.ts')).migrateCommand(io);
      }),
    )
    .command(
      lazy('backup [paths..]', 'copy kubeconfig, talosconfig and directories', async () => {
        return (await import('./talos/backup.ts')).backupCommand(io);
      }),
    )
    .command(
      lazy('promote <directory>', 'put a directory in the place of another, kept', async () => {
        return (await import('./talos/promote.ts')).promoteCommand(io);
      }),
    )
    .command(
      lazy('plan <file>', 'write the checklist that gives a cluster its VIP', async () => {
        return (await import('./talos/plan.ts')).planCommand(io);
      }),
    )
    .command(
      lazy('bootstrap-plan <file>', 'write how the cluster is bootstrapped', async () => {
        return (await import('./talos/bootstrap-plan.ts')).bootstrapPlanCommand(io);
      }),
    )
    .command(
      lazy('reset-plan <file>', 'write the commands that empty all machines', async () => {
        return (await import('./talos/reset-plan.ts')).resetPlanCommand(io);
      }),
    );
}

/** What asks or changes live machines, by the talosctl of PATH. */
function live(parser: Argv, io: Io): Argv {
  return changes(parser, io)
    .command(
      lazy('preflight <file>', 'look whether all is ready for the VIP', async () => {
        return (await import('./talos/preflight.ts')).preflightCommand(io);
      }),
    )
    .command(
      lazy('fetch <file>', 'fetch the configuration of every machine', async () => {
        return (await import('./talos/fetch.ts')).fetchCommand(io);
      }),
    )
    .command(
      lazy('verify <file>', 'look at owner, endpoint, certificates and drift', async () => {
        return (await import('./talos/verify.ts')).verifyCommand(io);
      }),
    )
    .command(
      lazy(['explain <file>', 'doctor'], 'say why nobody has the VIP', async () => {
        return (await import('./talos/explain.ts')).explainCommand(io);
      }),
    )
    .command(
      lazy('lint-talosconfig [talosconfig]', 'find a VIP among the endpoints', async () => {
        return (await import('./talos/lint-talosconfig.ts')).lintTalosconfigCommand(io);
      }),
    );
}

/** Where an inventory comes from, and what its endpoint is. */
function endpoints(parser: Argv, io: Io): Argv {
  return parser
    .command(
      lazy('import <files..>', 'make an inventory of what there is already', async () => {
        return (await import('./talos/import.ts')).importCommand(io);
      }),
    )
    .command(
      lazy('endpoint <file>', 'show the endpoint that the mode gives, as JSON', async () => {
        return (await import('./talos/endpoint.ts')).endpointCommand(io);
      }),
    )
    .command(
      lazy('pool <action> <inventory>', "write the load balancer's resource", async () => {
        return (await import('./talos/pool.ts')).poolCommand(io);
      }),
    );
}

/** What changes live machines: none of these runs without a typed word or --yes. */
function changes(parser: Argv, io: Io): Argv {
  return parser
    .command(
      lazy('apply <file>', 'apply configurations one after the other', async () => {
        return (await import('./talos/apply.ts')).applyCommand(io);
      }),
    )
    .command(
      lazy('recover <file> <node>', 'bring back a machine without configuration', async () => {
        return (await import('./talos/recover.ts')).recoverCommand(io);
      }),
    )
    .command(
      lazy('failover-test <file>', 'reboot the owner of the VIP, and measure', async () => {
        return (await import('./talos/failover-test.ts')).failoverTestCommand(io);
      }),
    );
}
