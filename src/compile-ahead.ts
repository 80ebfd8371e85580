import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile what is loaded from now on at once, and keep it. Else it compiles a function when it
 * is called first, and forgets what was not called for a while: a takeover or a release, whose every
 * function is first called then, spent a third of its time on it (4 to 5 ms of a handover's outage, by
 * `vip-elector lab --scenario handover --runs 15` by turns with and without). Costs 80 ms of CPU
 * time at the start and 4 MiB. Called before the daemon's modules are imported.
 */
export function compileAhead(): void {
  setFlagsFromString('--no-lazy');
  setFlagsFromString('--no-flush-bytecode');
}
