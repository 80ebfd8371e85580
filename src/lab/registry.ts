import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ip } from './ip.ts';
import { runOfNamespace } from './names.ts';
import { processStart } from './usage.ts';

/** Says which process owns which run; gone after a reboot, as the namespaces are. */
const REGISTRY = '/run/vip-elector-lab';

interface Owner {
  readonly pid: number;
  readonly start: string | undefined;
  /** The run's working directory. */
  readonly dir: string;
}

/** Writes down that this process owns a run. Before anything of the run exists. */
export async function registerRun(run: string, dir: string): Promise<void> {
  await mkdir(REGISTRY, { recursive: true, mode: 0o700 });
  const owner: Owner = { pid: process.pid, start: await processStart(process.pid), dir };
  // Whole or not at all: another lab may be sweeping now.
  const draft = join(REGISTRY, `${run}.draft`);
  await writeFile(draft, JSON.stringify(owner));
  await rename(draft, entry(run));
}

export async function unregisterRun(run: string): Promise<void> {
  await rm(entry(run), { force: true });
}

/**
 * Removes what labs left behind whose process is gone: what still runs in their namespaces, the
 * namespaces, the directories.
 * @returns the runs swept
 */
export async function sweepDeadRuns(): Promise<string[]> {
  const entries = await readdir(REGISTRY).catch(() => []);
  const listed = (await ip('netns', 'list')).split('\n').map((line) => line.split(' ')[0] ?? '');
  const files = entries.filter((name) => name.endsWith('.json'));
  const runs = new Set(files.map((name) => name.slice(0, -'.json'.length)));
  for (const namespace of listed) {
    const run = runOfNamespace(namespace);
    if (run !== undefined) runs.add(run);
  }
  const swept: string[] = [];
  for (const run of runs) {
    const owner = await readOwner(run);
    if (owner !== undefined && (await alive(owner))) continue;
    for (const namespace of listed.filter((name) => runOfNamespace(name) === run)) {
      await removeNamespace(namespace);
    }
    if (owner !== undefined) await rm(owner.dir, { recursive: true, force: true });
    await unregisterRun(run);
    swept.push(run);
  }
  return swept;
}

async function removeNamespace(namespace: string): Promise<void> {
  const pids = (await ip('netns', 'pids', namespace)).split('\n').filter(Boolean).map(Number);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // Ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await ip('netns', 'del', namespace);
}

async function readOwner(run: string): Promise<Owner | undefined> {
  const text = await readFile(entry(run), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Owner);
}

async function alive({ pid, start }: Owner): Promise<boolean> {
  return (await processStart(pid)) === start;
}

function entry(run: string): string {
  return join(REGISTRY, `${run}.json`);
}
