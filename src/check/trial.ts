import { formatDuration } from '../config/duration.ts';
import type { Timing } from '../config/types.ts';
import { COMPACTED_WITHIN_REVISIONS, type TrialSeen } from './etcd-trial.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** From this share of a heartbeat's deadline on, a slower moment of the disk loses the beat. */
const SLOW_SHARE = 0.5;
/** So much history without any compaction is none that is about to come. */
const UNCOMPACTED = 50_000;
/** etcd's default quota is 2 GiB (--quota-backend-bytes); ours is not told. */
const QUOTA_BYTES = 2 * 1024 ** 3;
const FULL_SHARE = 0.8;

/** What a trial of etcd says: writes, rights, room. */
export function judgeTrial(seen: TrialSeen, timing: Timing): Finding[] {
  return [
    ...judgeRights(seen),
    judgeWrites(seen.writes, timing),
    judgeAlarms(seen),
    judgeCompaction(seen),
  ];
}

function judgeRights({ forbidden, more }: TrialSeen): Finding[] {
  const name = 'etcd rights';
  if (forbidden.length > 0) {
    const roots = forbidden.map((key) => key.slice(0, key.lastIndexOf('/') + 1));
    return [
      fail(
        name,
        `this user may not write below ${roots.join(', ')}`,
        `etcdctl role grant-permission ROLE readwrite --prefix=true ${roots[0]}`,
      ),
    ];
  }
  if (more === undefined)
    return [ok(name, 'this user may write our keys, and not read all others')];
  const what =
    more === 'all-users'
      ? 'this user may do anything: authentication of etcd is off, or it is root'
      : 'this user may read every key of etcd';
  return [
    warn(
      name,
      what,
      'a user of its own with readwrite on the prefix alone (README, step 2); leave it so where etcd ' +
        'belongs to Kubernetes, which knows no users',
    ),
  ];
}

function judgeWrites(writes: TrialSeen['writes'], timing: Timing): Finding {
  const name = 'etcd writes';
  const { requestDeadlineMs, profile, shortest } = timing;
  if (writes instanceof Error) {
    const remedy = 'see etcd’s log; without writes nobody can hold a VIP';
    return fail(name, `a write is not served: ${writes.message}`, remedy);
  }
  const slowest = Math.max(0, ...writes);
  const median = writes.toSorted((a, b) => a - b)[Math.floor(writes.length / 2)] ?? 0;
  const limits = `a heartbeat has ${formatDuration(requestDeadlineMs)} (profile ${profile})`;
  const detail = `${writes.length} writes: median ${median.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms; ${limits}`;
  if (writes.length === 0) {
    return warn(name, 'none could be tried: see etcd rights', 'give the user its rights first');
  }
  const remedy =
    'put etcd on a faster disk (an SD card is the usual cause), or choose a slower profile (--profile steady)';
  if (slowest >= requestDeadlineMs) return fail(name, detail, remedy);
  if (slowest >= requestDeadlineMs * SLOW_SHARE) return warn(name, detail, remedy);
  if (shortest !== undefined && slowest >= shortest.requestDeadlineMs * SLOW_SHARE) {
    return ok(name, `${detail}; adaptive will not go down to its shortest promise`);
  }
  return ok(name, detail);
}

function judgeAlarms({ alarms, dbBytes }: TrialSeen): Finding {
  const name = 'etcd space';
  const size = dbBytes === undefined ? 'size not told' : `${Math.ceil(dbBytes / 1024 ** 2)} MiB`;
  if (alarms !== undefined && alarms.length > 0) {
    return fail(
      name,
      `etcd has raised ${[...new Set(alarms)].join(', ')} (${size}): it takes no writes`,
      'etcdctl compact, etcdctl defrag, then etcdctl alarm disarm (CORRUPT: replace that member)',
    );
  }
  if (dbBytes !== undefined && dbBytes >= QUOTA_BYTES * FULL_SHARE) {
    return warn(
      name,
      `${size}: near the usual quota of 2 GiB, at which etcd takes no writes any more`,
      'compact and defragment, or raise --quota-backend-bytes',
    );
  }
  return ok(name, `${alarms === undefined ? 'alarms not told' : 'no alarm'}; ${size}`);
}

function judgeCompaction({ revision, keptSince }: TrialSeen): Finding {
  const name = 'etcd compaction';
  const remedy = '--auto-compaction-retention=5m (two writes a second add up until etcd is full)';
  if (keptSince === 1 && revision > UNCOMPACTED) {
    return warn(name, `nothing was ever compacted: ${revision} revisions are kept`, remedy);
  }
  if (keptSince !== undefined && keptSince > 1) {
    const kept = `the last ${COMPACTED_WITHIN_REVISIONS} revisions and more are kept`;
    return warn(name, `${kept}: compaction is off, or seldom`, remedy);
  }
  return ok(
    name,
    keptSince === 1
      ? `not needed yet: revision ${revision}; see that --auto-compaction-retention is set`
      : 'old revisions are compacted, or not ours to read',
  );
}
