/**
 * Whether a daemon stays as small as it begins: a day of heartbeats (172 800, one each 500 ms) in less
 * time, by a shorter heartbeat. Two daemons, one etcd; both are scraped as Prometheus does. Prints what
 * they hold, and ends with 1 when memory or descriptors have grown: their medians of the last quarter
 * against those of the second; the first is the start's.
 *
 *     npm run soak:memory -- [--beat-ms 20] [--minutes 60] [--every 60] [main.js of a build]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { daemonCommand } from '../../src/lab/daemon-command.ts';
import type { LabHost } from '../../src/lab/host.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readUsage } from '../../src/lab/usage.ts';
import { heldBy, shown, type Held } from './memory-parts.ts';

const PROBE_EVERY_MS = 100;
const BEATS_A_DAY = 172_800;
/** Of the medians of resident memory, in MiB: V8's heap swings by 2 between two collections. */
const GROWTH_MIB_MAX = 2;
/** A scrape under way is a descriptor more. */
const GROWTH_DESCRIPTORS_MAX = 1;
/** As often as the daemon's own documentation has Prometheus ask, in milliseconds. */
const SCRAPE_EVERY_MS = 15_000;
const SCRAPER = `setInterval(async () => {
  try { await (await fetch('http://127.0.0.1:2112/metrics')).text(); } catch {}
}, ${SCRAPE_EVERY_MS});`;
const DAEMON = fileURLToPath(new URL('beating-daemon.mjs', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'beat-ms': { type: 'string', default: '20' },
    minutes: { type: 'string', default: '60' },
    every: { type: 'string', default: '60' },
  },
});
const dist = dirname(resolve(positionals[0] ?? 'dist/main.js'));
const everyMs = Number(values.every) * 1000;
const untilMs = Number(values.minutes) * 60_000;
const { signal } = new AbortController();

function say(...columns: readonly string[]): void {
  process.stdout.write(`${columns.join('  ')}\n`);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
}

/** The sequence of the daemon's last beat: it grows by one a beat. */
function sequence(host: LabHost): number {
  const text = readFileSync(join(host.runtimeDir, 'state.json'), 'utf8');
  return (JSON.parse(text) as { seq: number }).seq;
}

function scrape(host: LabHost): ChildProcess {
  const node = [process.execPath, '-e', SCRAPER];
  return spawn('ip', ['netns', 'exec', host.namespace, ...node], {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** By how much a figure has grown from the second quarter of its course to the last. */
function growth(samples: readonly Held[], of: (held: Held) => number): number {
  const quarter = Math.floor(samples.length / 4);
  const second = samples.slice(quarter, 2 * quarter).map(of);
  return median(samples.slice(-quarter).map(of)) - median(second);
}

/** Watches the daemons until the end. True when none has grown. */
async function watch(hosts: readonly LabHost[], holder: LabHost): Promise<boolean> {
  const from = performance.now();
  const courses = hosts.map((host) => ({ host, samples: [] as Held[], first: sequence(host) }));
  for (let at = everyMs; at <= untilMs; at += everyMs) {
    await sleep(from + at - performance.now());
    for (const { host, samples, first } of courses) {
      const [held, { cpuMs }] = [await heldBy(host.pid ?? 0), await readUsage(host.pid ?? 0)];
      samples.push(held);
      const role = host === holder ? 'holder  ' : 'follower';
      const beats = `beats ${sequence(host) - first}`;
      say(`${at / 1000} s`, host.name, role, beats, shown(held), `CPU ms ${cpuMs}`);
    }
  }
  let flat = true;
  for (const { host, samples, first } of courses) {
    const memory = growth(samples, (held) => held.memory.total);
    const descriptors = growth(samples, (held) => held.descriptors);
    const days = (sequence(host) - first) / BEATS_A_DAY;
    const grown = `${memory.toFixed(2)} MiB, ${descriptors} descriptors`;
    say(host.name, `${days.toFixed(2)} days of heartbeats`, `grown by ${grown}`);
    // Negated, so that a figure that is none (too few samples) counts as growth.
    if (!(memory <= GROWTH_MIB_MAX && descriptors <= GROWTH_DESCRIPTORS_MAX)) flat = false;
  }
  return flat;
}

const lab = await Lab.create({
  nodes: 2,
  etcdMembers: 1,
  probeEveryMs: PROBE_EVERY_MS,
  daemon: (context) => {
    const [node, , , ...flags] = daemonCommand(context);
    return [node, DAEMON, dist, values['beat-ms'], ...flags];
  },
});
const scrapers: ChildProcess[] = [];
try {
  await lab.start(signal);
  const holder = await lab.settled(signal);
  scrapers.push(...lab.hosts.map(scrape));
  const flat = await watch(lab.hosts, holder);
  say(flat ? 'flat' : 'GROWN');
  process.exitCode = flat ? 0 : 1;
} finally {
  for (const scraper of scrapers) scraper.kill('SIGKILL');
  await lab[Symbol.asyncDispose]();
}
