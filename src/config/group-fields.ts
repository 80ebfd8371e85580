import type { Field } from './field.ts';

/** Fields of one group. Their flags together describe one group, and exclude `groups` in a file. */
export const GROUP_FIELDS: readonly Field[] = [
  {
    path: 'name',
    flag: 'group',
    takes: 'NAME',
    fallback: 'default',
    describe: 'name of the group of VIPs, which move together',
  },
  {
    path: 'vips',
    flag: 'vip',
    takes: 'IP,…',
    describe: 'virtual addresses, comma-separated or given several times',
  },
  {
    path: 'link',
    flag: 'link',
    takes: 'NAME,…|auto',
    fallback: 'auto',
    describe: 'link to put the VIPs on, the first that exists; auto: by subnet',
  },
  {
    path: 'electionKey',
    flag: 'election-key',
    takes: 'KEY',
    describe: 'whole key of the election (default: <prefix>/elections/<group>)',
  },
  {
    path: 'weight',
    flag: 'weight',
    takes: 'NUMBER',
    fallback: 50,
    describe: 'how much this node is preferred for the group: 0 to 100, the greater the more',
  },
  {
    path: 'preempt',
    flag: 'preempt',
    takes: 'switch',
    fallback: false,
    describe: 'hand the group over to a healthy candidate of a greater weight',
  },
  {
    path: 'preemptAfter',
    flag: 'preempt-after',
    takes: 'DURATION',
    fallback: '30s',
    describe: 'only to one that has waited, healthy, for so long',
  },
  {
    path: 'health.probes',
    flag: 'health',
    takes: 'PROBE,…',
    describe:
      'what tells whether this node should hold the group: http(s)://…, tcp://HOST:PORT, ' +
      'exec:/PROGRAM, arp:ADDRESS, or kubernetes',
  },
  {
    path: 'health.ca',
    flag: 'health-ca',
    takes: 'FILE',
    describe: 'PEM file of the CA of https probes',
  },
  {
    path: 'health.serverName',
    flag: 'health-server-name',
    takes: 'NAME',
    describe: "name to send (SNI) and to check in certificates instead of the probe's host",
  },
  {
    path: 'health.every',
    flag: 'health-every',
    takes: 'DURATION',
    fallback: '2s',
    describe: 'probe this often',
  },
  {
    path: 'health.timeout',
    flag: 'health-timeout',
    takes: 'DURATION',
    fallback: '1s',
    describe: 'a probe without an answer after this has failed',
  },
  {
    path: 'health.fall',
    flag: 'health-fall',
    takes: 'NUMBER',
    fallback: 3,
    describe: 'so many failures in a row make a node unhealthy',
  },
  {
    path: 'health.rise',
    flag: 'health-rise',
    takes: 'NUMBER',
    fallback: 2,
    describe: 'so many successes in a row make it healthy again',
  },
];
