import { restartMembers } from './member-fault.ts';
import { LINKS } from './names.ts';
import type { Stage } from './scenario.ts';
import { untilHolder } from './until.ts';

const BACK_TIMEOUT_MS = 30_000;
const BACK_FOR_MS = 300;

/**
 * What a power cut looks like from outside. The processes stop first, so that nothing in them can
 * still react to the loss of the link, and are killed after the cables are out: a dying process
 * would send its FINs, and a host without power sends nothing.
 */
export async function crash({ lab, holder }: Stage): Promise<void> {
  const member = lab.etcd[holder.index];
  holder.signal('SIGSTOP');
  member?.freeze();
  for (const link of LINKS) await lab.faults.pullCable(holder.index, link);
  await Promise.all([holder.killDaemon(), member?.crash()]);
}

/** Kills every member of etcd. */
export async function etcdOutage({ lab }: Stage): Promise<void> {
  await Promise.all(lab.etcd.map((member) => member.crash()));
}

/** Starts etcd again, and measures `backMs`. */
export async function etcdReturns(stage: Stage): Promise<void> {
  await measureBack(stage, () => restartMembers(stage, [...stage.lab.etcd.keys()]));
}

/**
 * Mends etcd. Measures `backMs`: from the first confirmed write of an independent client to
 * the first answer for the VIPs; 0 when they were back before that write was.
 */
export async function measureBack(
  { lab, signal, measures }: Stage,
  mend: () => Promise<void>,
): Promise<void> {
  await lab.observer.startWriting();
  await mend();
  const back = await untilHolder(lab, () => true, BACK_FOR_MS, BACK_TIMEOUT_MS, signal);
  const backAt = lab.clock.now() - lab.holderForMs();
  const [servedAt] = (await lab.observer.stopWriting()).toSorted((a, b) => a - b);
  if (back && servedAt !== undefined) measures['backMs'] = Math.max(0, backAt - servedAt);
}
