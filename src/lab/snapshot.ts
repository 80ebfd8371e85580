import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, OperatorError } from '../errors.ts';
import type { EtcdMember } from './etcd-member.ts';
import type { Lab } from './lab.ts';

/** A small database is written within milliseconds. */
const TIMEOUT_MS = 20_000;

async function etcdctl(...args: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const [program = '', ...rest] = args;
  await promisify(execFile)(program, rest, { env, timeout: TIMEOUT_MS }).catch((error: unknown) => {
    throw new OperatorError(`etcdctl (of the package etcd-client): ${describe(error)}`);
  });
}

/** Saves what the first member has. @returns the file, in the lab's directory */
export async function saveSnapshot(lab: Lab): Promise<string> {
  const file = join(lab.dir, 'snapshot.db');
  const [member] = lab.etcd;
  const [host] = lab.hosts;
  if (member === undefined || host === undefined) throw new Error('a lab without etcd');
  await rm(file, { force: true });
  const within = ['ip', 'netns', 'exec', host.namespace, 'etcdctl'];
  await etcdctl(...within, `--endpoints=${member.clientUrl}`, 'snapshot', 'save', file);
  return file;
}

/**
 * Replaces the data of members that do not run by those of a snapshot.
 * @param token enters the IDs: etcd's default gives the same cluster ID as before, another one does not
 */
export async function restoreSnapshot(
  file: string,
  members: readonly EtcdMember[],
  token: string,
): Promise<void> {
  for (const { name, dataDir, peerUrl, initialCluster } of members) {
    await rm(dataDir, { recursive: true, force: true });
    await etcdctl(
      'etcdctl',
      'snapshot',
      'restore',
      file,
      `--name=${name}`,
      `--data-dir=${dataDir}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=${initialCluster}`,
      `--initial-cluster-token=${token}`,
    );
  }
}
