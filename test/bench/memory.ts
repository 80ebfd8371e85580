/**
 * What a daemon's memory consists of, and what each part of its start costs. No test: it prints
 * figures. Several builds run side by side, each with a lab of its own of three hosts:
 *
 *     npx tsc -p src
 *     TS_NODE_TRANSPILE_ONLY=1 node --import=@tapjs/typescript/import test/bench/memory.ts \
 *       [--seconds 600] [--every 60] [--parts] [main.js of a build, …; default: dist/main.js]
 *
 * `--parts` prints the start alone and needs no root.
 */
import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { daemonCommand } from '../../src/lab/daemon-command.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readUsage } from '../../src/lab/usage.ts';
import { heldBy, shown } from './memory-parts.ts';

/** The lab's instruments shall not load the machine. */
const PROBE_EVERY_MS = 100;
const START_PARTS = fileURLToPath(new URL('start-parts.mjs', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '600' },
    every: { type: 'string', default: '60' },
    parts: { type: 'boolean', default: false },
  },
});
const mains = (positionals.length > 0 ? positionals : ['dist/main.js']).map((one) => resolve(one));
const { signal } = new AbortController();

function say(...columns: readonly string[]): void {
  process.stdout.write(`${columns.join('  ')}\n`);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
}

async function open(main: string): Promise<{ main: string; lab: Lab }> {
  const lab = await Lab.create({
    probeEveryMs: PROBE_EVERY_MS,
    daemon: (context) => {
      const [node, , ...args] = daemonCommand(context);
      return [node, main, ...args];
    },
  });
  try {
    await lab.start(signal);
    await lab.settled(signal);
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
  return { main, lab };
}

async function print(builds: readonly { main: string; lab: Lab }[], atMs: number): Promise<void> {
  for (const { main, lab } of builds) {
    const holder = lab.holder();
    for (const host of lab.hosts) {
      const [held, { cpuMs }] = [await heldBy(host.pid ?? 0), await readUsage(host.pid ?? 0)];
      const role = holder === host ? 'holder  ' : 'follower';
      say(`${(atMs / 1000).toFixed(0)} s`, main, host.name, role, shown(held), `CPU ms ${cpuMs}`);
    }
  }
}

for (const main of mains) {
  say(`the parts of a start of ${main}:`);
  say(execFileSync(process.execPath, [START_PARTS, dirname(main)], { encoding: 'utf8' }).trimEnd());
}
const builds: { main: string; lab: Lab }[] = [];
try {
  if (!values.parts) {
    for (const main of mains) builds.push(await open(main));
    say('resident memory of idle daemons in MiB, since the first takeover:');
    const from = performance.now();
    const everyMs = Number(values.every) * 1000;
    for (let at = everyMs; at <= Number(values.seconds) * 1000; at += everyMs) {
      await sleep(from + at - performance.now());
      await print(builds, at);
    }
  }
} finally {
  for (const { lab } of builds) await lab[Symbol.asyncDispose]();
}
