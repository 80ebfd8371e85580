import { analyse } from './analysis.ts';
import { boundsOf, type LabProfile } from './bounds.ts';
import { heldAtTheEnd, oneHolder } from './checks.ts';
import { keepEvidence } from './evidence.ts';
import type { Lab } from './lab.ts';
import type { LinkName } from './names.ts';
import type { Recording } from './recording.ts';
import type { Check, RunFacts, Scenario, Stage } from './scenario.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  /** How often; the scenario's own number when absent. */
  readonly runs?: number;
  /** How often the daemons do what they do again and again; see `PHASE_MS`. */
  readonly phaseMs?: number;
  /** Where the evidence of runs that broke a bound goes; none is kept when absent. */
  readonly evidenceDir?: string;
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Given what the instruments saw in each run, void ones included. */
  readonly onRun?: ((facts: RunFacts, recording: Recording, isVoid: boolean) => void) | undefined;
}

export interface ScenarioResult {
  readonly name: string;
  readonly bound: string;
  readonly etcdOver: LinkName;
  readonly runs: readonly RunFacts[];
  /** Runs that were repeated because the prober itself was kept from probing. */
  readonly voidRuns: number;
  /** What broke the promise, in words; empty when it was kept. */
  readonly problems: readonly string[];
  readonly hosts: readonly string[];
}

/** Beats come every 500 ms; a fault is to hit any moment between two. */
const PHASE_MS = 500;
/** Recorded before the fault, so that the old holder is seen holding. */
const LEAD_IN_MS = 200;
/**
 * A prober that was silent for longer, or than three of its intervals, could have missed two holders:
 * such a run tells nothing.
 */
const RESOLUTION_MS_MAX = 50;
/**
 * The live view needs 25 ms, or 2.5 intervals, without an answer to say that nobody holds: not to be
 * asked before.
 */
const NOTICE_MS = 100;
const LEADER_TIMEOUT_MS = 20_000;
const LEADER_LOOK_EVERY_MS = 200;

/** Repeats a scenario and judges its runs together. @throws Error when the lab itself fails */
export async function runScenario(
  lab: Lab,
  scenario: Scenario,
  options: RunOptions,
): Promise<ScenarioResult> {
  const wanted = options.runs ?? scenario.runs;
  const checks: readonly Check[] = [oneHolder, heldAtTheEnd, ...scenario.checks];
  const runs: RunFacts[] = [];
  let voidRuns = 0;
  while (runs.length < wanted) {
    const { facts, recording } = await runOnce(lab, scenario, runs.length, options);
    const resolutionMax = Math.max(RESOLUTION_MS_MAX, 3 * lab.probeEveryMs);
    const isVoid = facts.analysis.resolutionMs > resolutionMax && voidRuns < wanted;
    // Two holders are two holders, however badly the rest was measured.
    const problems = (isVoid ? [oneHolder] : checks).flatMap((check) => check([facts]));
    if (isVoid && problems.length === 0) voidRuns += 1;
    else runs.push(facts);
    options.onProgress?.(line(lab, scenario, facts, isVoid, problems));
    options.onRun?.(facts, recording, isVoid);
    if (problems.length > 0 && options.evidenceDir !== undefined) {
      const name = `${scenario.name}-${lab.etcdOver}-${facts.run + 1}`;
      const kept = await keepEvidence(lab, options.evidenceDir, name, { facts, recording });
      options.onProgress?.(`  evidence in ${kept}`);
    }
  }
  const { name } = scenario;
  const bound = inWords(scenario, lab.profile);
  const together = [...checks, ...(scenario.checksTogether ?? [])];
  const problems = together.flatMap((check) => check(runs));
  const hosts = lab.hosts.map((host) => host.name);
  return { name, bound, etcdOver: lab.etcdOver, runs, voidRuns, problems, hosts };
}

async function runOnce(
  lab: Lab,
  scenario: Scenario,
  run: number,
  { signal, phaseMs = PHASE_MS }: RunOptions,
): Promise<{ facts: RunFacts; recording: Recording }> {
  const holder = await lab.settled(signal);
  const leads = lab.etcd.length > 0 && scenario.etcdLeader !== undefined;
  if (leads) await placeLeader(lab, holder.index, scenario, signal);
  const stage: Stage = { lab, holder, run, signal, measures: {}, notes: [] };
  await lab.clock.sleep(Math.random() * phaseMs, signal);
  if (scenario.writer) await lab.observer.startWriting();
  await lab.instruments.mark();
  await lab.clock.sleep(LEAD_IN_MS, signal);
  const beganAt = lab.clock.now();
  await scenario.inject(stage);
  const faultAt = lab.clock.now();
  const noticeMs = Math.max(NOTICE_MS, 4 * lab.probeEveryMs);
  await lab.clock.sleep(noticeMs, signal);
  await scenario.outcome(stage);
  await scenario.heal(stage);
  await lab.clock.sleep(noticeMs, signal);
  await lab.settled(signal);
  const recording = await lab.instruments.collect();
  const isolations = lab.faults.isolations();
  const analysis = analyse(recording, { before: holder.index, beganAt, faultAt, isolations });
  if (scenario.writer) stage.measures['writerGapMs'] = longestGap(await lab.observer.stopWriting());
  const { measures, notes } = stage;
  const bounds = boundsOf(lab.profile, holder.index);
  return { facts: { run, analysis, measures, notes, bounds }, recording };
}

/** A scenario's promise in words; with several profiles that of the slowest. */
export function inWords({ bound }: Scenario, profile: LabProfile): string {
  if (typeof bound === 'string') return bound;
  const slowest = profile === 'mixed' ? 'seconds' : profile;
  return `${bound(boundsOf(slowest, 0))}${profile === 'mixed' ? " or the holder's" : ''}`;
}

/** Puts etcd's leader where the scenario wants it, and waits until all is calm again. */
async function placeLeader(
  lab: Lab,
  holder: number,
  scenario: Scenario,
  signal: AbortSignal,
): Promise<void> {
  const leader = await lab.observer.leader();
  const atHolder = leader === holder;
  if (atHolder === (scenario.etcdLeader === 'holder')) return;
  const to = atHolder ? (holder + 1) % lab.hosts.length : holder;
  await lab.observer.moveLeader(to);
  const giveUpAt = lab.clock.now() + LEADER_TIMEOUT_MS;
  while ((await lab.observer.leader()) !== to) {
    if (lab.clock.now() > giveUpAt) throw new Error(`etcd's leader does not move to e${to}`);
    await lab.clock.sleep(LEADER_LOOK_EVERY_MS, signal);
  }
  // A candidate that saw an error deposes nobody for the grace of 1.8 s.
  await lab.clock.sleep(2_000, signal);
}

/** Longest time between two confirmed writes; Infinity when there were none. */
function longestGap(servedAt: readonly number[]): number {
  if (servedAt.length < 2) return Infinity;
  const sorted = servedAt.toSorted((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((at, index) => at - sorted[index]!));
}

function line(
  lab: Lab,
  scenario: Scenario,
  { run, analysis, notes }: RunFacts,
  isVoid: boolean,
  problems: readonly string[],
): string {
  const name = (host: number | undefined): string =>
    host === undefined ? 'nobody' : (lab.hosts[host]?.name ?? 'a stranger');
  const what = [
    `${scenario.name} ${run + 1}: outage ${analysis.outageMs.toFixed(1)} ms`,
    `${name(analysis.before)} -> ${name(analysis.after)}`,
    ...notes,
    ...(isVoid ? [`void: no probe for ${analysis.resolutionMs.toFixed(0)} ms`] : []),
    ...problems,
  ];
  return what.join(', ');
}
