import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the daemon small: at most 100 MiB resident. V8 would rather let garbage pile up than collect
 * it; a daemon that allocates little and lives long has it the other way round. Its young generation
 * stays as small as it begins, else loading the program lets it grow by 30 MiB, which come back only
 * half a minute later; its old one is collected when it has grown by a tenth, in the small steps of
 * `optimize-for-size` (else by 8 MiB at least). Code is optimised after 32 times the usual work
 * (67584): at the usual the compiler's threads spend a fifth of a start's CPU time and 5 MiB on code
 * that soon is idle, while what a hundred groups make hot still comes to it (from V8 12, Node.js 22, on
 * it counts calls instead: 3000). The young generation is small enough for one thread: sharing it out
 * among the collector's threads cost an idle daemon 5 to 10 % of its CPU time (test/bench/idle.ts).
 * Imported before everything else. Flags of `node --v8-options`.
 */
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=10');
setFlagsFromString('--optimize-for-size');
setFlagsFromString('--no-parallel-scavenge');
const countsCalls = Number.parseInt(process.versions.v8, 10) >= 12;
setFlagsFromString(
  countsCalls ? '--invocation-count-for-turbofan=96000' : '--interrupt-budget=2162688',
);
