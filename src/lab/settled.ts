import { describe, OperatorError } from '../errors.ts';
import type { LabHost } from './host.ts';
import type { Lab } from './lab.ts';

/** Where candidates of the group `default` stand (protocol.md, Keys). */
const CANDIDATES = '/vip-elector/elections/default/';
/** Without a change of holder: longer than the grace (1.8 s) in which candidates depose nobody. */
const QUIET_MS = 2_000;
/** The very first start waits the longest promise, 12 s; a dead candidate's lease lasts 15 s. */
const TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 100;
const LOG_LINES = 8;

/**
 * Resolves with the holder when one host has held all VIPs for a while, every daemon runs and is a
 * candidate, and every etcd member serves.
 * @throws OperatorError that says what is missing, when a daemon has ended or a minute has passed
 */
export async function settled(lab: Lab, signal: AbortSignal): Promise<LabHost> {
  const giveUpAt = lab.clock.now() + TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    lab.instruments.throwIfFailed();
    const dead = lab.hosts.find((host) => !host.running);
    if (dead) throw new OperatorError(`the daemon on ${dead.name} has ended:\n${await tail(dead)}`);
    const missing = await whatIsMissing(lab);
    const holder = lab.holder();
    if (missing === undefined && holder !== undefined) return holder;
    if (lab.clock.now() > giveUpAt) {
      const logs = await Promise.all(lab.hosts.map(tail));
      const text = logs.map((log, index) => `${lab.hosts[index]!.name}:\n${log}`).join('\n');
      throw new OperatorError(`no calm after ${TIMEOUT_MS} ms: ${missing ?? 'no holder'}\n${text}`);
    }
    await lab.clock.sleep(LOOK_EVERY_MS, signal);
  }
}

async function whatIsMissing(lab: Lab): Promise<string | undefined> {
  if (lab.holder() === undefined) return 'no single host answers for the VIPs';
  if (lab.holderForMs() < QUIET_MS) return 'the holder changed a moment ago';
  if (lab.etcd.length === 0) return undefined;
  try {
    if ((await lab.observer.leader()) === undefined) return 'etcd members do not agree on a leader';
    const candidates = (await lab.observer.values(CANDIDATES)).toSorted();
    const wanted = lab.hosts.map(({ name }) => name).toSorted();
    if (candidates.join() !== wanted.join()) return `candidates are ${candidates.join(', ')}`;
  } catch (error) {
    return describe(error);
  }
  return undefined;
}

async function tail(host: LabHost): Promise<string> {
  const lines = (await host.daemonLog()).trimEnd().split('\n');
  return lines
    .slice(-LOG_LINES)
    .map((line) => `    ${line}`)
    .join('\n');
}
