import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, OperatorError, PrivilegeError } from '../errors.ts';
import { ip } from './ip.ts';

/**
 * Refuses, with the remedy, where a lab cannot be.
 * @param etcd the server to run; undefined: none is needed
 * @throws PrivilegeError without root; OperatorError without `ip`, etcd or network namespaces
 */
export async function checkPrerequisites(run: string, etcd: string | undefined): Promise<void> {
  if (process.platform !== 'linux') throw new OperatorError('the lab runs on Linux only');
  if (process.geteuid?.() !== 0) {
    throw new PrivilegeError('the lab makes network namespaces and needs root: run it with sudo');
  }
  if (etcd !== undefined) {
    await promisify(execFile)(etcd, ['--version']).catch((error: unknown) => {
      throw new OperatorError('the lab needs `etcd`: install the package etcd-server', undefined, {
        cause: error,
      });
    });
  }
  const namespace = `vl${run}-cl`;
  try {
    await ip('netns', 'add', namespace);
    await ip('-n', namespace, 'link', 'add', 'try0', 'type', 'veth', 'peer', 'name', 'try1');
    await ip('-n', namespace, 'link', 'add', 'try2', 'type', 'bridge');
    await ip('netns', 'del', namespace);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    await ip('netns', 'del', namespace).catch(() => undefined);
    throw new PrivilegeError(
      'the lab needs network namespaces with veth and bridge links, and this system refuses them ' +
        `(in a container: run it privileged, or on the host): ${describe(error)}`,
    );
  }
}
