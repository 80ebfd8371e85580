import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Lab } from './lab.ts';
import { pcapFile } from './pcap.ts';
import type { Recording } from './recording.ts';
import type { RunFacts } from './scenario.ts';

/** Copies the logs of every daemon and etcd member into a directory, which it makes. */
export async function keepLogs(lab: Lab, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = [...lab.hosts, ...lab.etcd].map(({ logFile }) => logFile);
  await Promise.all(
    files.map((file) => cp(file, join(directory, basename(file)), { preserveTimestamps: true })),
  );
}

/** What was seen of a run, or why there was none. */
export type Seen =
  | { readonly facts: RunFacts; readonly recording: Recording }
  | { readonly err: string };

/**
 * Keeps what a run that broke a bound left: what the instruments saw, every frame that claimed a VIP
 * as a capture file (its clock is the recording's: since boot), and all logs so far.
 * @returns the directory
 */
export async function keepEvidence(
  lab: Lab,
  parent: string,
  name: string,
  seen: Seen,
): Promise<string> {
  const directory = join(parent, name);
  await keepLogs(lab, directory);
  await writeFile(join(directory, 'recording.json'), JSON.stringify(seen));
  if ('recording' in seen) {
    await writeFile(join(directory, 'claims.pcap'), pcapFile(seen.recording.claims));
  }
  return directory;
}
