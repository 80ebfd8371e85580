import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Lab } from './lab.ts';

/** Copies the logs of every daemon and etcd member into a directory, which it makes. */
export async function keepLogs(lab: Lab, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = [...lab.hosts, ...lab.etcd].map(({ logFile }) => logFile);
  await Promise.all(
    files.map((file) => cp(file, join(directory, basename(file)), { preserveTimestamps: true })),
  );
}

/**
 * Keeps what a run that broke a bound left: what the instruments saw and all logs so far.
 * @returns the directory
 */
export async function keepEvidence(
  lab: Lab,
  parent: string,
  name: string,
  seen: unknown,
): Promise<string> {
  const directory = join(parent, name);
  await keepLogs(lab, directory);
  await writeFile(join(directory, 'recording.json'), JSON.stringify(seen));
  return directory;
}
