/**
 * Loads a build of the daemon part by part, in the daemon's own order, and prints what each costs:
 * `node test/bench/start-parts.mjs [dist]`. Time and CPU time in milliseconds; memory in MiB, after a
 * collection of garbage, with what is resident and what of it is no page of a file. What Node itself
 * has is the first line. Run by memory.ts.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const dist = resolve(process.argv[2] ?? 'dist');
const packages = createRequire(`${dist}/main.js`);
const file = (name) => pathToFileURL(`${dist}/${name}`).href;

function mib(status, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

await import(file('heap.js'));
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function measured() {
  collect();
  const status = readFileSync('/proc/self/status', 'utf8');
  const heap = process.memoryUsage().heapUsed / 1024 / 1024;
  return { resident: mib(status, 'VmRSS'), anonymous: mib(status, 'RssAnon'), heap };
}

function say(name, ms, cpuMs, memory) {
  const figures = Object.entries(memory).map(([what, value]) => `${what} ${value.toFixed(2)}`);
  const row = [name.padEnd(24), `ms ${ms.toFixed(0)}`, `CPU ms ${cpuMs.toFixed(0)}`, ...figures];
  process.stdout.write(`${row.join('  ')}\n`);
}

let before = measured();
const { user, system } = process.cpuUsage();
say('node', performance.now(), (user + system) / 1000, before);

async function part(name, load) {
  const from = performance.now();
  const cpuFrom = process.cpuUsage();
  await load();
  const cpu = process.cpuUsage(cpuFrom);
  const ms = performance.now() - from;
  const now = measured();
  const grown = Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - before[key]]));
  say(name, ms, (cpu.user + cpu.system) / 1000, grown);
  before = now;
}

await part('yargs', () => import(pathToFileURL(packages.resolve('yargs')).href));
await part('the command line', () => import(file('cli/main.js')));
await part('zod', () => import(file('zod.js')));
await part('the configuration', () => import(file('config/load.js')));
for (const name of ['etcd3', 'koffi', 'pino', 'prom-client']) {
  await part(name, () => import(pathToFileURL(packages.resolve(name)).href));
}
await part('the daemon itself', async () => {
  const { compileAhead } = await import(file('compile-ahead.js'));
  await compileAhead();
  await import(file('daemon.js'));
});
say(
  'all',
  performance.now(),
  process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000,
  before,
);
