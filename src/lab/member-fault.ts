import type { Scenario, Stage } from './scenario.ts';

/** A frozen leader is noticed after etcd's election timeout, 1 to 2 s; and some time after. */
const WATCH_FOR_MS = 8_000;

const VARIANTS = ['kill leader', 'freeze leader', 'kill follower', 'freeze follower'] as const;

/** Starts members that were killed, together: alone one has no quorum and would not serve. */
export async function restartMembers({ lab }: Stage, indexes: readonly number[]): Promise<void> {
  await Promise.all(indexes.map(async (index) => lab.etcd[index]?.start()));
}

/** Which member, and what happens to it, changes from run to run. */
async function inject(stage: Stage): Promise<void> {
  const { lab, run, notes, measures } = stage;
  const variant = VARIANTS[run % VARIANTS.length]!;
  const leader = await lab.observer.leader();
  if (leader === undefined) throw new Error('etcd has no leader that all members know');
  const follower = (leader + 1 + (run % Math.max(1, lab.etcd.length - 1))) % lab.etcd.length;
  const index = variant.endsWith('leader') ? leader : follower;
  const target = lab.etcd[index]!;
  notes.push(`${variant} ${target.name}`);
  measures['member'] = index;
  if (variant.startsWith('kill')) await target.crash();
  else target.freeze();
}

async function heal(stage: Stage): Promise<void> {
  const index = stage.measures['member'];
  const target = index === undefined ? undefined : stage.lab.etcd[index];
  if (index === undefined || target === undefined) return;
  if (target.pid === undefined) await restartMembers(stage, [index]);
  else target.thaw();
}

export const memberFault: Pick<Scenario, 'inject' | 'outcome' | 'heal'> = {
  inject,
  outcome: ({ lab, signal }) => lab.clock.sleep(WATCH_FOR_MS, signal),
  heal,
};
