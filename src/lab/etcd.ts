import { EtcdMember } from './etcd-member.ts';
import type { EtcdTls } from './etcd-member.ts';
import { freePorts } from './free-ports.ts';

export interface ClusterOptions {
  readonly size: number;
  /** For data and logs; the caller removes it. /dev/shm spares the disk. */
  readonly dir: string;
  readonly netns?: (index: number) => string;
  /** Default: 127.0.0.1. */
  readonly host?: (index: number) => string;
  /** Fixed ports; give them when `netns` is given. Default: free ones. */
  readonly clientPort?: (index: number) => number;
  readonly peerPort?: (index: number) => number;
  readonly extraArgs?: readonly string[];
  readonly tls?: EtcdTls;
  /** Path of the server. Default: `etcd` of the path. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface EtcdCluster extends AsyncDisposable {
  readonly members: readonly EtcdMember[];
  /** The members' client URLs. */
  readonly endpoints: readonly string[];
  /** Stops all members. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts etcd members `e0`, `e1`, … and resolves when all of them serve.
 * @throws OperatorError; nothing runs then.
 */
export async function startCluster(options: ClusterOptions): Promise<EtcdCluster> {
  const { size, dir, netns, host = () => '127.0.0.1' } = options;
  const indexes = Array.from({ length: size }, (_, i) => i);
  const ports = await freePorts(size * 2);
  const specs = indexes.map((i) => ({
    name: `e${i}`,
    host: host(i),
    clientPort: options.clientPort?.(i) ?? (netns ? 2379 : (ports[2 * i] ?? 0)),
    peerPort: options.peerPort?.(i) ?? (netns ? 2380 : (ports[2 * i + 1] ?? 0)),
    ...(netns && { netns: netns(i) }),
  }));
  const initialCluster = specs
    .map(({ name, host, peerPort }) => `${name}=http://${bracket(host)}:${peerPort}`)
    .join(',');
  const shared = {
    dir,
    initialCluster,
    ...(options.tls && { tls: options.tls }),
    ...(options.program !== undefined && { program: options.program }),
    ...(options.extraArgs && { extraArgs: options.extraArgs }),
    ...(options.env && { env: options.env }),
  };
  const members = specs.map((spec) => new EtcdMember({ ...spec, ...shared }));
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.stop()));
  };
  const results = await Promise.allSettled(members.map((member) => member.start()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const endpoints = members.map((member) => member.clientUrl);
  return { members, endpoints, stop, [Symbol.asyncDispose]: stop };
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
