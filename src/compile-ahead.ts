import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile the daemon's own modules whole when they are loaded, and keep what is compiled. Else
 * it compiles a function when it is called first, and forgets what was not called for a while: a
 * takeover or a release, whose every function is first called then, spent a third of its time on it (4
 * to 5 ms of a handover's outage, by `vip-elector lab --scenario handover --runs 15` by turns with
 * and without). Called before the daemon's modules are imported. Loads the libraries first: of them
 * only what is called is compiled, a small part; whole they take 3.6 MiB more (VmRSS of a holder).
 */
export async function compileAhead(): Promise<void> {
  // All that daemon.ts imports, and no more: test/netns/loaded.ts.
  await Promise.all([
    import('etcd3'),
    import('ipaddr.js'),
    import('koffi'),
    import('pino'),
    import('prom-client'),
    import('./zod.ts'),
  ]);
  setFlagsFromString('--no-lazy');
  setFlagsFromString('--no-flush-bytecode');
}
