import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostMac } from './names.ts';
import { moved } from './outcomes.ts';
import type { Recording } from './recording.ts';
import type { Stage } from './scenario.ts';

/** What a frozen holder's kernel may still say after the deadline (issue 4), in milliseconds. */
export const LAST_ANSWER_MS_MAX = 20;

/** When a station answered a question for any VIP last; undefined when it never did. Pure. */
export function lastAnswerAt(
  { probes }: Pick<Recording, 'probes'>,
  mac: string,
): number | undefined {
  const times = probes.flatMap(({ answers }) =>
    answers.filter((each) => each.mac === mac).map(({ at }) => at),
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

/**
 * Another host holds. Measures `lastAnswerMs`: when the frozen holder's kernel answered last, counted from
 * the end of the promise in its state file. That is its deadline, or later by a beat that was not confirmed
 * when it froze; both are on CLOCK_BOOTTIME.
 */
export async function frozen(stage: Stage): Promise<void> {
  await moved(stage);
  const { lab, holder, measures } = stage;
  const text = await readFile(join(holder.runtimeDir, 'state.json'), 'utf8');
  const { promisedEnd } = JSON.parse(text) as { promisedEnd: number };
  const at = lastAnswerAt(await lab.instruments.collect(), hostMac(holder.index, 'end0'));
  if (at !== undefined) measures['lastAnswerMs'] = at - promisedEnd;
}
