/**
 * The daemon of a build with another heartbeat than its profile's, which no operator may choose:
 * `node beating-daemon.mjs <dist> <milliseconds> --flag value …`, with the flags of `run`.
 */
import { pathToFileURL } from 'node:url';

const [dist, every, ...flags] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${dist}/${name}`).href);

await load('heap.js');
const { configOptions, processIo } = await load('cli/options.js');
const { default: yargs } = await import('yargs');
const argv = await yargs(flags).options(configOptions).strict().parseAsync();
const { loadConfig } = await load('config/load.js');
const { config } = loadConfig({ flags: argv, env: processIo.env });
const { timingFor } = await load('config/timing.js');
const { profile, holdForMs, announceEveryMs } = config.timing;
const choice = { profile, holdForMs, announceEveryMs, heartbeatEveryMs: Number(every) };
const { compileAhead } = await load('compile-ahead.js');
await compileAhead();
const { runDaemon } = await load('daemon.js');
await runDaemon({ ...config, timing: timingFor(choice) });
