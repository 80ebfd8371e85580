import type { CommandModule } from 'yargs';
import { lazy } from './lazy.ts';
import type { Io } from './options.ts';

/** `vip-elector talos …`: each subcommand in a file of its own, loaded when it is used. */
export function talosCommand(io: Io): CommandModule {
  return {
    command: 'talos',
    describe: 'render, merge, check and move the VIP of a Talos cluster',
    builder: (yargs) =>
      yargs
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
          lazy('address', 'choose the VIP as the Terraform module does', async () => {
            return (await import('./talos/address.ts')).addressCommand(io);
          }),
        )
        .demandCommand(1, 'name a command of talos'),
    // Never called: a subcommand is demanded.
    handler: () => {},
  };
}
