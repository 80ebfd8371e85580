import type { EtcdConfig } from '../../config/types.ts';
import { EtcdStore } from '../etcd.ts';
import type { EtcdStoreOptions } from '../etcd.ts';
import { readAccess } from './access.ts';
import type { Credentials } from './connection.ts';
import { Renewal } from './renewal.ts';

type Parts = Pick<EtcdStoreOptions, 'clock' | 'emit'>;

/**
 * A store on the cluster of the configuration. Reads the files, and again when certificates are renewed;
 * connects to nothing yet.
 * @throws OperatorError when a file is not readable or not usable.
 */
export async function openEtcdStore(config: EtcdConfig, parts: Parts): Promise<EtcdStore> {
  const { endpoints } = config;
  const store = new EtcdStore({ endpoints, ...(await readAccess(config)), ...parts });
  const onRenewed = (credentials: Credentials): void => store.renew(credentials);
  await new Renewal({ config, ...parts, closed: store.closed, onRenewed }).start();
  return store;
}
