import { readFile } from 'node:fs/promises';
import type { EtcdConfig } from '../../config/types.ts';
import { describe, OperatorError } from '../../errors.ts';
import { Connection } from './connection.ts';
import type { Credentials } from './connection.ts';
import type { LoginConfig } from './login.ts';

/** By what etcd is to know us, and we it. */
export interface Access {
  readonly credentials: Credentials;
  readonly login?: LoginConfig;
}

/**
 * Reads the files that the configuration names.
 * @throws OperatorError when one is not readable or not usable.
 */
export async function readAccess(config: EtcdConfig): Promise<Access> {
  const [ca, cert, key, password] = await Promise.all([
    read('the CA of etcd', config.caFile),
    read('the client certificate for etcd', config.certFile),
    read('the client key for etcd', config.keyFile),
    read('the password for etcd', config.passwordFile),
  ]);
  const { endpoints, serverName, user } = config;
  const credentials = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName !== undefined && { serverName }),
  };
  try {
    for (const endpoint of endpoints) new Connection(endpoint, credentials).close();
  } catch (error) {
    const files = [config.caFile, config.certFile, config.keyFile].filter(Boolean).join(', ');
    const text = `certificates for etcd are not usable (${files}): ${describe(error)}`;
    throw new OperatorError(text, undefined, { cause: error });
  }
  const login = user !== undefined && password && { user, password: chomp(password.toString()) };
  return { credentials, ...(login && { login }) };
}

async function read(what: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    const text = `cannot read ${what}: ${describe(error)}`;
    throw new OperatorError(text, undefined, { cause: error });
  }
}

function chomp(text: string): string {
  return text.replace(/\r?\n$/, '');
}
