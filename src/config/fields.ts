import type { Field } from './field.ts';
import { GROUP_FIELDS } from './group-fields.ts';

/**
 * The one table of options: where each stands in the file, its flag, its default and its meaning.
 * Schema, sources, command line and the test of the documentation read it. Those of a group:
 * `group-fields.ts`.
 */
export const FIELDS: readonly Field[] = [
  {
    path: 'node',
    flag: 'node',
    takes: 'NAME',
    describe: 'name of this node, unique in the cluster (default: the host name)',
  },
  {
    path: 'prefix',
    flag: 'prefix',
    takes: 'KEY',
    fallback: '/vip-elector',
    describe: 'root of every key in etcd, the same on all nodes',
  },
  {
    path: 'etcd.endpoints',
    flag: 'etcd',
    takes: 'URL,…',
    describe: 'client URLs of the etcd members, comma-separated or given several times',
  },
  { path: 'etcd.ca', flag: 'etcd-ca', takes: 'FILE', describe: 'PEM file of the CA of etcd' },
  {
    path: 'etcd.cert',
    flag: 'etcd-cert',
    takes: 'FILE',
    describe: 'PEM file of the client certificate',
  },
  {
    path: 'etcd.key',
    flag: 'etcd-key',
    takes: 'FILE',
    describe: 'PEM file of the key of the client certificate',
  },
  {
    path: 'etcd.serverName',
    flag: 'etcd-server-name',
    takes: 'NAME',
    describe: "name to check in the servers' certificates instead of the endpoint's host",
  },
  { path: 'etcd.user', flag: 'etcd-user', takes: 'NAME', describe: 'user of etcd' },
  {
    path: 'etcd.passwordFile',
    flag: 'etcd-password-file',
    takes: 'FILE',
    describe: "file with the user's password and nothing else",
  },
  {
    path: 'etcd.insecure',
    flag: 'etcd-insecure',
    takes: 'switch',
    fallback: false,
    describe: 'plain http to etcd on other hosts is intended: do not warn about it',
  },
  {
    path: 'profile',
    flag: 'profile',
    takes: 'NAME',
    fallback: 'steady',
    describe: 'timing as a whole: steady, fast, adaptive, or seconds (without nftables)',
  },
  {
    path: 'holdFor',
    flag: 'hold-for',
    takes: 'DURATION',
    describe:
      'the VIP may be held this long after a confirmed heartbeat was sent; by the profile: ' +
      '3s, 600ms, up to 3s, 4s',
  },
  {
    path: 'leaseTtl',
    flag: 'lease-ttl',
    takes: 'DURATION',
    fallback: '15s',
    describe:
      'TTL of the lease in etcd, which cleans up after a dead node: never the right to hold',
  },
  {
    path: 'announceEvery',
    flag: 'announce-every',
    takes: 'DURATION',
    fallback: '3s',
    describe: 'send a gratuitous ARP this often after the first burst',
  },
  {
    path: 'onConflict',
    flag: 'on-conflict',
    takes: 'POLICY',
    fallback: 'defend',
    describe: 'when another station has a VIP that we hold: defend, yield, or only alert',
  },
  {
    path: 'listen',
    flag: 'listen',
    takes: 'ADDR:PORT',
    fallback: ':2112',
    describe: 'serve /metrics, /healthz, /readyz and /status here; off to disable',
  },
  {
    path: 'runtimeDir',
    flag: 'runtime-dir',
    takes: 'DIR',
    fallback: '/run/vip-elector',
    describe: 'directory of the state file, the lock and the control socket',
  },
  {
    path: 'stateDir',
    flag: 'state-dir',
    takes: 'DIR',
    fallback: '/var/lib/vip-elector',
    describe: 'directory of what must survive a reboot: that this node is drained',
  },
  {
    path: 'log.level',
    flag: 'log-level',
    takes: 'LEVEL',
    fallback: 'info',
    describe: 'debug, info, warn or error',
  },
  {
    path: 'log.format',
    flag: 'log-format',
    takes: 'FORMAT',
    fallback: 'auto',
    describe: 'auto (pretty on a terminal, JSON elsewhere), json or pretty',
  },
  {
    path: 'hooks.elected',
    flag: 'hook-elected',
    takes: 'FILE',
    describe: 'program to run when this node has come to hold a group',
  },
  {
    path: 'hooks.released',
    flag: 'hook-released',
    takes: 'FILE',
    describe: 'program to run when this node holds a group no more',
  },
  {
    path: 'hooks.conflict',
    flag: 'hook-conflict',
    takes: 'FILE',
    describe: 'program to run when somebody else has the VIP or the name of this node',
  },
  {
    path: 'hooks.timeout',
    flag: 'hook-timeout',
    takes: 'DURATION',
    fallback: '10s',
    describe: 'a hook that has not ended after this is killed',
  },
  {
    path: 'keepOnStop',
    flag: 'keep-on-stop',
    takes: 'switch',
    fallback: false,
    describe: 'keep the VIP when stopped; the next start on the same boot resumes',
  },
];

/** What names the file itself, and therefore cannot stand in it. */
export const CONFIG_FIELD: Field = {
  path: '',
  flag: 'config',
  takes: 'FILE',
  describe: 'configuration file in YAML; flags and environment come before it',
};

/** A switch of the reader itself. */
export const KUBE_VIP_FIELD: Field = {
  path: '',
  flag: 'kube-vip-env',
  takes: 'switch',
  describe:
    "read kube-vip's environment variables, too (default: when vip_interface or cp_enable is set)",
};

/** `VIP_ELECTOR_ETCD_CA` for `etcd-ca`. */
export function envName(flag: string): string {
  return `VIP_ELECTOR_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Meaning of a field, for the JSON schema. @throws TypeError for a path that is in no table */
export function describeField(path: string): string {
  const field = FIELDS.find((f) => f.path === path) ?? GROUP_FIELDS.find((f) => f.path === path);
  if (field === undefined) throw new TypeError(`no field ${path}`);
  return field.describe;
}
