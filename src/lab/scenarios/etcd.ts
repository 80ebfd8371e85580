import { goneByDeadline, measureAtMost, measureIs, outageAtMost, unnoticed } from '../checks.ts';
import { restartMembers } from '../member-fault.ts';
import { etcdOutage, etcdReturns, measureBack } from '../outage-faults.ts';
import { heal, moved, MOVES, passes, restart, takeover, takeoverBound } from '../outcomes.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { restoreSnapshot, saveSnapshot } from '../snapshot.ts';

/** Faults of etcd as a whole, beside those of the demonstration. */

/** Longer than the longest promise, 10 s: so long an operator keeps etcd down for a restore. */
const DOWN_MS = 11_000;
/**
 * The longest takeover (12 s) is waited out after a look back in time. By then a restored candidate key of
 * an old lease may be first in the queue, of a node that lives with a new one: it goes with its lease,
 * 15 s after the restore, which etcd notices within 1.5 s.
 */
const BACK_AFTER_RESTORE_MS = 17_500;

export const etcdRestart: Scenario = {
  name: 'etcd-restart',
  summary: 'all members of etcd are killed and started again at once',
  runs: 5,
  bound: 'nothing lost where a writer is served <= 2.3 s',
  checks: [unnoticed],
  writer: true,
  inject: async (stage) => {
    await etcdOutage(stage);
    await restartMembers(stage, [...stage.lab.etcd.keys()]);
  },
  outcome: passes(7_000),
  heal,
};

type AlarmAction = 'ACTIVATE' | 'DEACTIVATE';

/** Raises or ends the alarm that a full database raises: from then on etcd refuses every write. */
async function alarm({ lab }: Stage, action: AlarmAction): Promise<void> {
  await lab.observer.call('/v3/maintenance/alarm', { action, memberID: '1', alarm: 'NOSPACE' });
}

export const noSpace: Scenario = {
  name: 'nospace',
  summary: "etcd's database is full (alarm NOSPACE) for 10 s",
  runs: 3,
  bound: 'off by the deadline, back <= 1 s after, the log names it',
  checks: [goneByDeadline, measureAtMost('backMs', 1_000), measureIs('named', 1)],
  inject: (stage) => alarm(stage, 'ACTIVATE'),
  outcome: async (stage) => {
    await passes(10_000)(stage);
    const log = await stage.holder.daemonLog();
    stage.measures['named'] = /database space exceeded/.test(log) ? 1 : 0;
  },
  heal: (stage) => measureBack(stage, () => alarm(stage, 'DEACTIVATE')),
};

export const compaction: Scenario = {
  name: 'compaction',
  summary: 'watches of the followers hang, etcd compacts what they missed; then the holder dies',
  runs: 3,
  bound: takeoverBound,
  checks: [outageAtMost(takeover), ...MOVES],
  inject: async (stage) => {
    const { lab, holder, signal } = stage;
    const followers = lab.hosts.filter((host) => host !== holder);
    for (const { index } of followers) await lab.faults.cutFromEtcd(index);
    for (let write = 0; write < 20; write += 1) {
      await lab.observer.call('/v3/kv/put', { key: 'L2xhYg==', value: '' }, holder.index);
    }
    await lab.clock.sleep(2_500, signal);
    const now = await lab.observer.call('/v3/kv/range', { key: 'L2xhYg==' }, holder.index);
    const { revision } = (now as { header: { revision: string } }).header;
    await lab.observer.call('/v3/kv/compaction', { revision, physical: true }, holder.index);
    await lab.faults.heal();
    // The candidates read again, and depose nobody within the grace (1.8 s).
    await lab.clock.sleep(2_500, signal);
    await holder.killDaemon();
  },
  outcome: moved,
  heal: restart,
};

/** The token that etcd uses when none is given, so that the cluster keeps its ID; and another one. */
const TOKENS = ['etcd-cluster', 'another-cluster'] as const;

export const restore: Scenario = {
  name: 'restore',
  summary: 'etcd is restored from an earlier snapshot, and kept down for longer than 10 s',
  runs: 2,
  bound: 'off by the deadline, back <= 17.5 s after etcd',
  checks: [goneByDeadline, measureAtMost('backMs', BACK_AFTER_RESTORE_MS)],
  inject: async (stage) => {
    const { lab, run, notes, signal } = stage;
    const token = TOKENS[run % TOKENS.length]!;
    notes.push(run % TOKENS.length === 0 ? 'the same cluster ID' : 'another cluster ID');
    const file = await saveSnapshot(lab);
    await lab.clock.sleep(3_000, signal);
    await etcdOutage(stage);
    await restoreSnapshot(file, lab.etcd, token);
  },
  outcome: passes(DOWN_MS),
  heal: etcdReturns,
};
