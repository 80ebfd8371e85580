import { ip, ipBatch } from './ip.ts';
import * as names from './names.ts';
import { LINKS, type LinkName } from './names.ts';

export interface LabNetworkOptions {
  readonly run: string;
  /** Number of hosts, 1 to `NODES_MAX`. */
  readonly nodes: number;
  /** Gives `end0` a network of IPv6 besides. */
  readonly ipv6?: boolean;
}

/** Interface of the host's sink: it leads nowhere (see `cutEtcd`). */
const SINK = 'sink0';
const SINK_TABLE = 77;

/**
 * The lab's network: hosts, client and two switches, each a network namespace; every host and the
 * client have `end0` on the one switch and `mgmt0` on the other.
 */
export class LabNetwork implements AsyncDisposable {
  readonly #run: string;
  readonly #nodes: number;
  readonly #ipv6: boolean;
  readonly #namespaces: string[] = [];

  constructor({ run, nodes, ipv6 = false }: LabNetworkOptions) {
    this.#run = run;
    this.#nodes = nodes;
    this.#ipv6 = ipv6;
  }

  /**
   * Builds it all; when it resolves, every host reaches every other. Dispose of it also after a
   * failure.
   * @throws IpError
   */
  async start(signal: AbortSignal): Promise<void> {
    for (const link of LINKS) {
      signal.throwIfAborted();
      await this.#addNamespace(names.switchNamespace(this.#run, link));
      // Without STP, a port forwards from its first moment; nothing must be learnt before.
      await ipBatch(names.switchNamespace(this.#run, link), [
        'link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
        'link set br0 up',
      ]);
    }
    await this.#addStation(names.clientNamespace(this.#run), 'client', (link) => ({
      mac: names.clientMac(link),
      address: names.clientAddress(link),
    }));
    await this.#addIpv6(names.clientNamespace(this.#run), names.clientAddress6());
    for (let index = 0; index < this.#nodes; index += 1) {
      signal.throwIfAborted();
      const namespace = names.hostNamespace(this.#run, index);
      await this.#addStation(namespace, names.hostName(index), (link) => ({
        mac: names.hostMac(index, link),
        address: names.hostAddress(index, link),
      }));
      await this.#addIpv6(namespace, names.hostAddress6(index));
      await this.#prepareEtcdCut(namespace);
    }
  }

  /** Plugs a host's cable in or out: without it, the link has no carrier. */
  async setCable(host: number, link: LinkName, plugged: boolean): Promise<void> {
    await ip(...this.#switch(link), 'link', 'set', this.#port(host), plugged ? 'up' : 'down');
  }

  /** Loses all frames of a host's link, in both directions; its carrier stays. */
  async setSilent(host: number, link: LinkName, silent: boolean): Promise<void> {
    const master = silent ? ['nomaster'] : ['master', 'br0'];
    await ip(...this.#switch(link), 'link', 'set', this.#port(host), ...master);
  }

  /**
   * Cuts what runs on a host from the client port of every etcd member, its own host's included;
   * nothing else: members go on talking to each other, and the host stays on the LAN. Packets to
   * that port are routed into a link that leads nowhere, so they vanish as on a broken network;
   * a `blackhole` route would tell the sender. (The JSON gateway of the host's member is a client of
   * that member as well, so it stalls; the member's gRPC port serves others as before.)
   */
  async setEtcdCut(host: number, clientPort: number, cut: boolean): Promise<void> {
    // `iif lo` means: what this host itself sends (ip-rule(8)).
    const rule = `pref 5 iif lo ipproto tcp dport ${clientPort} lookup ${SINK_TABLE}`;
    const namespace = names.hostNamespace(this.#run, host);
    await ipBatch(namespace, [`rule ${cut ? 'add' : 'del'} ${rule}`]);
  }

  /**
   * Loses what etcd answers to what runs on a host, its own host's member included; what is asked goes
   * out as ever, and members go on talking to each other.
   */
  async setRepliesLost(
    host: number,
    link: LinkName,
    clientPort: number,
    lost: boolean,
  ): Promise<void> {
    const act = lost ? 'add' : 'del';
    const own = `iif lo to ${names.hostAddress(host, link)} ipproto tcp sport ${clientPort}`;
    await ipBatch(names.hostNamespace(this.#run, host), [
      // What comes from the wire is looked up on its way in, what the own member says on its way out.
      `rule ${act} pref 6 iif ${link} ipproto tcp sport ${clientPort} blackhole`,
      `rule ${act} pref 7 ${own} lookup ${SINK_TABLE}`,
    ]);
  }

  /** Gives a host's link another hardware address. */
  async setMac(host: number, link: LinkName, mac: string): Promise<void> {
    const namespace = names.hostNamespace(this.#run, host);
    await ip('-n', namespace, 'link', 'set', link, 'address', mac);
  }

  /** Deletes a VIP from whatever link of the host has it, as a stranger would. */
  async deleteAddress(host: number, address: string): Promise<void> {
    const namespace = names.hostNamespace(this.#run, host);
    const length = address.includes(':') ? 128 : 32;
    await ip('-n', namespace, 'address', 'del', `${address}/${length}`, 'dev', 'end0');
  }

  /** Removes all namespaces, and with them every link. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const namespace of this.#namespaces.splice(0).toReversed()) {
      await ip('netns', 'del', namespace).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'namespaces left behind');
  }

  async #addNamespace(namespace: string): Promise<void> {
    await ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }

  async #addStation(
    namespace: string,
    host: string,
    identity: (link: LinkName) => { mac: string; address: string },
  ): Promise<void> {
    await this.#addNamespace(namespace);
    for (const link of LINKS) {
      const { mac, address } = identity(link);
      const port = names.portName(host);
      await ipBatch(names.switchNamespace(this.#run, link), [
        `link add ${port} type veth peer name ${link} address ${mac} netns ${namespace}`,
        `link set ${port} master br0 up`,
      ]);
      await ipBatch(namespace, [`link set ${link} up`, `address add ${address}/24 dev ${link}`]);
    }
  }

  /** Usable at once: nobody else is there who could have it. */
  async #addIpv6(namespace: string, address: string): Promise<void> {
    if (this.#ipv6) await ipBatch(namespace, [`address add ${address}/64 dev end0 nodad`]);
  }

  /**
   * The kernel asks the table of local addresses first, by a rule of preference 0. It moves back, so
   * that `setEtcdCut` can put a rule before it: the host's own member must be out of reach too.
   */
  async #prepareEtcdCut(namespace: string): Promise<void> {
    await ipBatch(namespace, [
      'rule add pref 10 lookup local',
      'rule del pref 0',
      `link add ${SINK} type veth peer name ${SINK}-end`,
      `link set ${SINK} arp off up`,
      `link set ${SINK}-end arp off up`,
      `route add default dev ${SINK} table ${SINK_TABLE}`,
    ]);
  }

  #switch(link: LinkName): [string, string] {
    return ['-n', names.switchNamespace(this.#run, link)];
  }

  #port(host: number): string {
    return names.portName(names.hostName(host));
  }
}
