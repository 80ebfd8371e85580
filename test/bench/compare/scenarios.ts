import type { Scenario } from '../../../src/lab/scenario.ts';
import { SCENARIOS } from '../../../src/lab/scenarios.ts';

/** In the order of the table, and what each is for its reader. */
const TITLES: Readonly<Record<string, string>> = {
  handover: 'clean stop of the holder',
  kill: 'SIGKILL to the holder’s processes',
  crash: 'power cut of the holder’s host',
  'crash-leader': 'the same, and etcd leads there',
  silent: 'a switch that loses all of the holder’s frames',
  'etcd-cut': 'holder cut from etcd, not from the LAN',
  freeze: 'SIGSTOP of the holder’s processes',
};
const IDLE = 'idle';

/** What is compared: the lab's own scenarios without their bounds, which are ours alone. */
export const COMPARED: readonly Scenario[] = Object.keys(TITLES).map(plain);

/** Measures the costs. */
export const COSTS: Scenario = plain(IDLE);

/** What a scenario is, in words. */
export function titleOf(name: string): string {
  return TITLES[name] ?? name;
}

function plain(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`the lab has no scenario ${name}`);
  return { ...found, bound: '', checks: [], checksTogether: [] };
}
