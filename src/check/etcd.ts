import { defectsOf, firstSoundVersion } from '../election/etcd/defects.ts';
import type { Inspection } from '../election/etcd/inspection.ts';
import type { StoreError, StoreErrorCode } from '../election/store.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** An endpoint of the configuration: what it says of itself, or why it does not. */
export interface EndpointSeen {
  readonly url: string;
  readonly answer: Inspection | StoreError;
}

/** What heartbeats need of an endpoint. */
export interface EndpointNeeds {
  readonly prefix: string;
  /** A heartbeat that takes longer proves nothing; in milliseconds. */
  readonly requestDeadlineMs: number;
}

/** From this share of the deadline on, little is left for a write, which waits for disks. */
const SLOW_SHARE = 0.5;

/** Whether an endpoint serves us, and in time. */
export function judgeEndpoint({ url, answer }: EndpointSeen, needs: EndpointNeeds): Finding {
  const name = `etcd ${url}`;
  if (answer instanceof Error) return fail(name, answer.message, remedyOf(answer, needs));
  const { latencyMs, version } = answer;
  const { requestDeadlineMs } = needs;
  const took = `a linearizable read in ${latencyMs.toFixed(1)} ms`;
  const detail = version === undefined ? took : `${took}; version ${version}`;
  if (latencyMs < requestDeadlineMs * SLOW_SHARE) return ok(name, detail);
  return warn(
    name,
    `${detail}: heartbeats have ${requestDeadlineMs} ms, in which etcd also writes to its disks`,
    'see what the network, the disks and the load of that member are, or choose a slower profile',
  );
}

const REMEDIES: Partial<Record<StoreErrorCode, string>> = {
  PERMISSION_DENIED:
    'give the role of this user the keys: etcdctl role grant-permission ROLE readwrite --prefix=true',
  UNAUTHENTICATED:
    'see etcd.user and etcd.passwordFile, or the common name of the client certificate',
  CERTIFICATE:
    'see etcd.ca, etcd.cert, etcd.key and etcd.serverName, and whether it is https at all',
};
const UNREACHABLE =
  'see that etcd runs there and has a quorum, its address and port, and firewalls on the way';

function remedyOf({ code }: StoreError, { prefix }: EndpointNeeds): string {
  const remedy = REMEDIES[code] ?? UNREACHABLE;
  return code === 'PERMISSION_DENIED' ? `${remedy} ${prefix}/` : remedy;
}

/** What the endpoints say together: one cluster, its members, and what is known of their versions. */
export function judgeCluster(seen: readonly EndpointSeen[]): Finding[] {
  const answers = seen.flatMap(({ url, answer }) =>
    answer instanceof Error ? [] : [{ url, ...answer }],
  );
  const clusters = new Set(answers.map(({ clusterId }) => clusterId));
  if (clusters.size > 1) {
    const each = answers.map(({ url, clusterId }) => `${url} is of ${clusterId}`).join(', ');
    const remedy = 'name the members of one cluster only';
    return [fail('etcd cluster', `the endpoints are of several clusters: ${each}`, remedy)];
  }
  const voters = answers.find((answer) => answer.voters !== undefined)?.voters;
  const versions = new Set(answers.flatMap(({ version }) => version ?? []));
  return [
    ...(voters === undefined ? [] : [judgeVoters(voters)]),
    ...[...versions].flatMap(judgeVersion),
  ];
}

function judgeVoters(voters: number): Finding {
  const name = 'etcd cluster';
  const spare = Math.ceil(voters / 2) - 1;
  if (voters === 1) return ok(name, '1 member: while it is away, nobody holds a VIP');
  if (voters % 2 === 1) return ok(name, `${voters} members: ${spare} of them may fail`);
  return warn(
    name,
    `${voters} members: ${spare} of them may fail, no more than with ${voters - 1}`,
    'an odd number of members: three, or five',
  );
}

function judgeVersion(version: string): Finding[] {
  const defects = defectsOf(version);
  if (defects.length === 0) return [];
  const sound = firstSoundVersion(version);
  const remedy = sound === undefined ? 'etcd 3.5 or later' : `etcd ${sound}, or a later line`;
  return [warn('etcd version', `${version}: ${defects.join('; ')}`, `upgrade to ${remedy}`)];
}
