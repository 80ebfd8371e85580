import type { StatusReport } from '../observe/status.ts';
import type { ClusterView } from './status-view.ts';
import { duration, plain } from './text.ts';

/** Of a daemon of an earlier version: unknown. */
function fenceText(fence: StatusReport['fence'] | undefined): string {
  if (fence === undefined) return 'fence unknown';
  const { kind, profile, err } = fence;
  const why = err === undefined ? '' : ` (no millisecond fence: ${plain(err)})`;
  const gap = kind === 'nftables' && !fence.egress ? ' (not its own late frames)' : '';
  return `profile ${plain(profile)}, fence ${plain(kind)}${gap}${why}`;
}

/** The last lines of a status: the nodes, this node's daemon, etcd. */
export function footer({ nodes, etcd, local }: ClusterView): string[] {
  const names = nodes.map(({ node, version }) =>
    version === undefined ? plain(node) : `${plain(node)} (${plain(version)})`,
  );
  const connected = local?.etcd.connected === true ? 'connected' : 'NOT connected';
  const here =
    local === undefined
      ? 'this node  no daemon answers here: neither its state nor its slack is known'
      : `this node  ${plain(local.node)}, daemon ${plain(local.version)}, ` +
        `up ${duration(local.uptimeMs)}, etcd ${connected}, ${fenceText(local.fence)}`;
  return [
    `nodes      ${names.length === 0 ? 'none has a heartbeat in etcd' : names.join(', ')}`,
    here,
    `etcd       ${etcd.endpoints.join(', ')}, cluster ${etcd.clusterId}, revision ${etcd.revision}`,
  ];
}
