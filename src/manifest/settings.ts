import { isMap, isSeq, Pair, Scalar } from 'yaml';
import { envName } from '../config/fields.ts';
import type { Flags } from '../config/given.ts';
import { loadConfig } from '../config/load.ts';
import { nodeAt, type Tree } from '../talos/document/syntax.ts';
import { objectOf } from './overlay.ts';

/** Flags of `run` that say the same in a manifest; where certificates lie is the manifest's to say. */
export const SETTINGS = [
  'vip',
  'link',
  'group',
  'etcd',
  'prefix',
  'profile',
  'hold-for',
  'listen',
  'log-level',
  'keep-on-stop',
] as const;

/**
 * Writes into the ConfigMap what the flags say, in the names of the environment.
 * @param flags by name, as yargs gives them; those that are undefined leave the manifest as it is
 * @throws ConfigError when the daemon would refuse it
 */
export function applySettings(trees: readonly Tree[], flags: Flags): void {
  const given = Object.fromEntries(
    SETTINGS.flatMap((flag) => (flags[flag] === undefined ? [] : [[flag, flags[flag]]])),
  );
  if (Object.keys(given).length === 0) return;
  // Refused under the flag's own name, as `run` does it.
  const groupsRequired = given['link'] !== undefined || given['group'] !== undefined;
  loadConfig({ flags: given, env: {}, groupsRequired, etcdRequired: false });
  const data = nodeAt(objectOf(trees, 'ConfigMap'), ['data']);
  if (!isMap(data)) throw new TypeError('no data in the ConfigMap');
  for (const [flag, value] of Object.entries(given)) {
    const text = new Scalar([value].flat().map(String).join(','));
    // A ConfigMap has nothing but text in it, "true" too.
    text.type = Scalar.QUOTE_SINGLE;
    if (data.has(envName(flag))) data.set(envName(flag), text);
    else data.add(new Pair(new Scalar(envName(flag)), text));
  }
}

/** Names another image for every container. */
export function setImage(trees: readonly Tree[], image: string): void {
  const spec = nodeAt(objectOf(trees, 'DaemonSet'), ['spec', 'template', 'spec']);
  for (const list of ['initContainers', 'containers']) {
    const containers = nodeAt(spec, [list]);
    if (!isSeq(containers)) continue;
    for (const container of containers.items) if (isMap(container)) container.set('image', image);
  }
}
