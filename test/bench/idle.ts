/**
 * What idle daemons cost and how long a start takes. No test: it prints figures. Several builds run
 * side by side, each with a lab of its own, for figures of two sessions on a shared machine compare
 * badly:
 *
 *     npx tsc -p src
 *     TS_NODE_TRANSPILE_ONLY=1 node --import=@tapjs/typescript/import test/bench/idle.ts \
 *       [--seconds 60] [--starts 5] [--busy 0] [main.js of a build, …; default: dist/main.js]
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { daemonCommand } from '../../src/lab/daemon-command.ts';
import type { LabHost } from '../../src/lab/host.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readUsage, type Usage } from '../../src/lab/usage.ts';

/** The resolution of a start's duration; the lab's own 2 ms would load the machine. */
const PROBE_EVERY_MS = 10;
const START_WITHIN_MS = 60_000;
/** From its start to the moment when a daemon's peak of memory is behind it. */
const PEAK_WITHIN_MS = 15_000;

interface Build {
  readonly main: string;
  readonly lab: Lab;
  readonly startsMs: number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    starts: { type: 'string', default: '5' },
    /** Processes that use all CPU they get, during the starts. */
    busy: { type: 'string', default: '0' },
  },
});
const mains = (positionals.length > 0 ? positionals : ['dist/main.js']).map((one) => resolve(one));
const { signal } = new AbortController();

function say(...columns: readonly (string | number)[]): void {
  const text = columns.map((each) => (typeof each === 'number' ? each.toFixed(2) : each));
  process.stdout.write(`${text.join('  ')}\n`);
}

/** The most memory that a process ever had (VmHWM), in MiB. */
async function peakMib(host: LabHost): Promise<number> {
  const status = await readFile(`/proc/${host.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function usage(host: LabHost): Promise<Usage> {
  return readUsage(host.pid ?? 0);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
}

async function open(main: string): Promise<Build> {
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
  return { main, lab, startsMs: [] };
}

async function measureIdle(builds: readonly Build[], seconds: number): Promise<void> {
  say(`idle for ${seconds} s: CPU in % of a core, resident and peak memory in MiB`);
  const hosts = builds.flatMap(({ lab, main }) => lab.hosts.map((host) => ({ main, lab, host })));
  const from = performance.now();
  const before = await Promise.all(hosts.map(({ host }) => usage(host)));
  await sleep(seconds * 1000);
  const spanMs = performance.now() - from;
  for (const [index, { main, lab, host }] of hosts.entries()) {
    const now = await usage(host);
    const percent = ((now.cpuMs - (before[index]?.cpuMs ?? 0)) / spanMs) * 100;
    const role = lab.holder() === host ? 'leader  ' : 'follower';
    say(main, host.name, role, percent, now.rssMib, await peakMib(host));
  }
}

/** A clean stop of all daemons, and one start: from the process's start to the first answered probe. */
async function measureStart({ lab, startsMs, main }: Build): Promise<void> {
  const [first, ...others] = lab.hosts;
  const [vip = ''] = lab.vips;
  if (first === undefined) throw new Error('a lab without hosts');
  for (const host of lab.hosts) {
    host.signal('SIGTERM');
    await host.ended();
  }
  const from = lab.clock.now();
  await first.startDaemon();
  while (lab.instruments.answering(vip)?.mac !== first.mac) {
    if (lab.clock.now() - from > START_WITHIN_MS) throw new Error(`${main} does not start`);
    await sleep(PROBE_EVERY_MS);
  }
  const tookMs = (lab.instruments.answering(vip)?.since ?? NaN) - from;
  startsMs.push(tookMs);
  for (const host of others) await host.startDaemon();
  await sleep(PEAK_WITHIN_MS);
  const { rssMib } = await usage(first);
  const cpuMs = (await usage(first)).cpuMs;
  say(main, 'start ms', tookMs, 'CPU ms', cpuMs, 'RSS', rssMib, 'peak', await peakMib(first));
  await lab.settled(signal);
}

const burners = Array.from({ length: Number(values.busy) }, () =>
  spawn(process.execPath, ['-e', 'for (;;);']),
);
const builds: Build[] = [];
try {
  for (const main of mains) builds.push(await open(main));
  if (Number(values.seconds) > 0) await measureIdle(builds, Number(values.seconds));
  for (let round = 0; round < Number(values.starts); round += 1) {
    for (const build of builds) await measureStart(build);
  }
  for (const { main, startsMs } of builds) {
    if (startsMs.length === 0) continue;
    const sorted = startsMs.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
    say(main, 'start ms, median', median, 'worst', sorted.at(-1) ?? NaN);
  }
} finally {
  for (const burner of burners) burner.kill('SIGKILL');
  for (const { lab } of builds) await lab[Symbol.asyncDispose]();
}
