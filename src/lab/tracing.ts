import { daemonCommand } from './daemon-command.ts';
import { traceHandover, type TracedStep } from './handover-trace.ts';
import { Lab, type LabOptions } from './lab.ts';
import type { Recording } from './recording.ts';
import type { RunFacts, Scenario } from './scenario.ts';

export interface TracingOptions {
  /** Of a planned move. */
  readonly scenario: Scenario;
  readonly lab: LabOptions;
  readonly runs: number;
  readonly signal: AbortSignal;
}

/** What was seen of several handovers, one entry each. */
export interface Traces {
  readonly steps: readonly (readonly TracedStep[])[];
  readonly outagesMs: readonly number[];
}

/**
 * Runs a planned move again and again, with daemons that tell every step.
 * @throws the signal's reason when it aborts; Error when the lab fails or no handover is seen
 */
export async function runTracing({
  scenario,
  lab: options,
  runs,
  signal,
}: TracingOptions): Promise<Traces> {
  await using lab = await Lab.create({
    ...options,
    daemon: (context) =>
      daemonCommand({ ...context, args: [...context.args, '--log-level', 'debug'] }),
  });
  await lab.start(signal);
  const seen: { facts: RunFacts; recording: Recording }[] = [];
  await lab.run(scenario, {
    runs,
    signal,
    onRun: (facts, recording, isVoid) => {
      if (!isVoid) seen.push({ facts, recording });
    },
  });
  const logs = await Promise.all(lab.hosts.map((host) => host.daemonRecords()));
  const steps = seen.map(({ facts: { run, analysis }, recording }) => {
    const { before, after } = analysis;
    if (after === undefined) throw new Error(`run ${run + 1}: nobody holds the VIP at the end`);
    return traceHandover({ recording, before, after, logs });
  });
  return { steps, outagesMs: seen.map(({ facts }) => facts.analysis.outageMs) };
}
