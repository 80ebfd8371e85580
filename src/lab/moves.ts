import type { Recording } from './recording.ts';

/** How often another station than before answered for a VIP; of the VIP that moved most. Pure. */
export function movesSeen({ probes }: Pick<Recording, 'probes'>): number {
  const counts = probes.map(({ answers }) => {
    const macs = answers.map(({ mac }) => mac);
    return macs.filter((mac, index) => index > 0 && mac !== macs[index - 1]).length;
  });
  return Math.max(0, ...counts);
}
