import type { Argv } from 'yargs';

type Example = readonly [command: string, what: string];

const CONFIG = '--config /etc/vip-elector/config.yaml';

/** What `--help` shows beneath a command, by its name; `talos` and a name for what is below that. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  run: [
    [`run ${CONFIG}`, 'as the unit does'],
    ['run --vip 10.0.0.100 --link end0,eth0 --etcd https://10.0.0.1:2379', 'without a file'],
  ],
  status: [
    ['status --etcd https://10.0.0.1:2379', 'from any machine that reaches etcd'],
    ['status --watch', 'as it changes'],
  ],
  check: [
    [`check ${CONFIG}`, 'as root, before the first start'],
    [`check ${CONFIG} --json`, 'for a program; exit code 3: something fails'],
  ],
  cleanup: [
    ['cleanup --dry-run', 'what a daemon that was killed has left'],
    ['cleanup', 'take it off the links'],
  ],
  handover: [
    ['handover', 'to the best candidate'],
    ['handover --group api --to node2', 'to one that is named'],
  ],
  drain: [['drain', 'before work on this node; restarts and reboots included']],
  undrain: [['undrain', 'when the work is done']],
  manifest: [
    ['manifest daemonset', 'for kubectl apply -f -'],
    ['manifest systemd', 'the unit'],
  ],
  lab: [
    ['lab --scenario kill --runs 3', 'what happens when a holder is killed'],
    ['lab --trace handover', 'where the milliseconds of a move go'],
  ],
  faults: [['faults', 'all of docs/faults.md, as a table']],
  config: [
    [`config ${CONFIG}`, 'what is in effect, and where it came from'],
    ['config --schema', 'for an editor'],
  ],
  talos: [['talos render cluster.yaml --out patches', 'patches for each machine']],
  'talos inventory': [['talos inventory cluster.yaml', 'what it says of each machine']],
  'talos render': [['talos render cluster.yaml --out patches', 'a directory of patches']],
  'talos address': [
    ['talos address --cidr 10.0.0.0/24', 'the VIP of three control planes'],
    ['talos address --cidr 10.0.0.0/24 --output json', 'for a program'],
  ],
  'talos integrate': [
    ['talos integrate cp1.yaml worker1.yaml --out out', 'from generated configurations'],
  ],
  'talos owner': [['talos owner cluster.yaml', 'who has the VIP']],
  'talos backup': [['talos backup', 'before anything is changed']],
  'talos bootstrap-plan': [['talos bootstrap-plan cluster.yaml', 'the commands, in their order']],
  'talos apply': [
    ['talos apply cluster.yaml --configs out --dry-run', 'only let Talos check the files'],
    ['talos apply cluster.yaml --configs out', 'one control plane after the other'],
  ],
  'talos convert': [['talos convert cp1.yaml --out out', 'see its options for the version']],
  'talos endpoint': [['talos endpoint cluster.yaml --mode talosvip', 'where clients should go']],
  'talos explain': [['talos explain cluster.yaml', 'what is so, and why']],
  'talos failover-test': [
    ['talos failover-test cluster.yaml --runs 3', 'reboots the owner, and measures'],
  ],
  'talos fetch': [['talos fetch cluster.yaml --out live', 'what the machines have now']],
  'talos import': [
    ['talos import talconfig.yaml --out cluster.yaml', 'from what there is already'],
  ],
  'talos lint-talosconfig': [['talos lint-talosconfig', 'of the one in use']],
  'talos plan': [['talos plan cluster.yaml', 'a checklist with exact commands']],
  'talos pool': [
    ['talos pool render cluster.yaml', 'the resource of the load balancer'],
    ['talos pool sync cluster.yaml --file pool.yaml --diff', 'what its pool lacks'],
  ],
  'talos preflight': [['talos preflight cluster.yaml', 'before the first step']],
  'talos promote': [['talos promote cluster-new --as cluster', 'the old one is kept']],
  'talos recover': [
    ['talos recover cluster.yaml cp1 --config out/cp1.yaml', 'a machine that lost its own'],
  ],
  'talos reset-plan': [['talos reset-plan cluster.yaml', 'only written, never done']],
  'talos unset': [
    ['talos unset cp1.yaml cp2.yaml cp3.yaml --out out', 'configurations without VIP'],
  ],
  'talos validate': [['talos validate cp1.yaml worker1.yaml', 'before they are applied']],
  'talos verify': [['talos verify cluster.yaml', 'after it was done']],
};

/** Adds the examples of a command to its help. @param name such as `status` or `talos owner` */
export function withExamples<T>(parser: Argv<T>, name: string): Argv<T> {
  const examples = EXAMPLES[name] ?? [];
  return parser.example(examples.map(([command, what]) => [`$0 ${command}`, what]));
}
