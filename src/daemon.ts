import { requireRawSocket } from './announce/neighbour-sender.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { OperatorError } from './errors.ts';
import type { Emit } from './events.ts';
import { controlRoutes } from './control.ts';
import type { Hooks } from './hooks/hooks.ts';
import { Observer } from './observe/observer.ts';
import { ServiceManager } from './observe/sd-notify.ts';
import { Opened } from './opened.ts';
import { hasIPv6 } from './lan.ts';
import { openParts, type Parts } from './parts.ts';
import { campaign, settlePast } from './predecessor.ts';
import { refuseOwnVipAsEndpoint, refuseUnusableVips } from './refusals.ts';
import { Reload } from './reload.ts';
import { report } from './report.ts';
import { lockRuntimeDirectory } from './runtime/directory.ts';
import { takeDaemonLock } from './runtime/namespace-lock.ts';
import { requireCapabilities } from './runtime/privileges.ts';
import { tick } from './ticker.ts';
import { packageVersion } from './version.ts';

/** A stop is over after this, even when etcd is silent: 2 s from the signal to the end, with reserve. */
const STOP_WITHIN_MS = 1500;
const REVOKE_WITHIN_MS = 300;
/** One that stands still must not keep the process: what we held is off and released by then. */
const LOOPS_END_WITHIN_MS = 100;
/** From the release to the rest of a stop. */
const YIELD_MS = 50;
/** A tick that is late by less is noise: nobody is told. */
const LAG_WORTH_TELLING_MS = 5;

/**
 * Runs the daemon in this process until SIGTERM or SIGINT, then releases what it holds and resolves.
 * SIGHUP has the configuration read anew.
 * @param load reads it
 * @throws OperatorError for what must be put right before it can start
 */
export async function runDaemon(config: Config, load: () => Promise<Config>): Promise<void> {
  requireCapabilities();
  if (hasIPv6(config.groups)) requireRawSocket();
  const stopped = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => stopped.abort(name);
  // Listening from the first moment: a signal during the start must not leave anything half done.
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // Until it runs, what it is about to be is what was read a moment ago.
  let reload: (() => void) | undefined;
  const onHangUp = (): void => reload?.();
  process.on('SIGHUP', onHangUp);
  const opened = new Opened();
  try {
    lockRuntimeDirectory(config.runtimeDir);
    const unlock = await takeDaemonLock();
    if (unlock === undefined) {
      throw new OperatorError(
        'another vip-elector runs in this network namespace: one daemon a host; ' +
          'give it more groups instead, or stop it first',
      );
    }
    opened.add(unlock);
    await refuseOwnVipAsEndpoint(config, systemClock);
    const version = packageVersion();
    const observer = new Observer(config, version, systemClock);
    const hooks = await openHooks(config, observer);
    const emit: Emit = (event) => {
      observer.record(event);
      hooks?.record(event);
    };
    opened.add(() => hooks?.stop());
    const parts = await openParts({ config, version, clock: systemClock, emit }, opened);
    const manager = new ServiceManager(process.env, process.pid, { clock: systemClock, emit });
    const reloading = new Reload({
      ...parts,
      manager,
      load,
      setLogLevel: (level) => {
        observer.logLevel = level;
      },
    });
    const onRunning = (signal: AbortSignal): void => {
      reload = () => void reloading.request(signal).catch(parts.onDefect);
    };
    await serve(parts, { observer, manager }, stopped.signal, onRunning);
  } finally {
    await opened.close();
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
    process.off('SIGHUP', onHangUp);
  }
}

/** Loads them only where there are any. */
async function openHooks(
  { hooks: config, node, groups }: Config,
  observer: Observer,
): Promise<Hooks | undefined> {
  if (config === undefined) return undefined;
  const { Hooks } = await import('./hooks/hooks.ts');
  const emit: Emit = (event) => observer.record(event);
  return new Hooks({ config, node, groups, clock: systemClock, emit });
}

/** The life of the daemon: what is started in which order, and ended in which. */
async function serve(
  parts: Parts,
  { observer, manager }: { readonly observer: Observer; readonly manager: ServiceManager },
  stop: AbortSignal,
  onRunning: (signal: AbortSignal) => void,
): Promise<void> {
  const { config, clock, emit, monitor, groups, elector, broken, tempo } = parts;
  const startedAt = clock.now();
  const { version, etcd } = observer;
  emit({ type: 'started', version, node: config.node });
  await monitor.start();
  refuseUnusableVips(config, monitor);
  parts.drain.restore();
  await settlePast(parts);
  parts.lineUp.start();
  monitor.subscribe((event) => groups.onNetwork(event));
  const running = new AbortController();
  const { signal } = running;
  const own = { config, clock, version, startedAt, groups, elector, etcd, tempo };
  const reported = report({
    ...own,
    health: (group) => parts.lineUp.health(group),
  });
  const answers = {
    ...reported,
    routes: controlRoutes(parts, signal),
    readCluster: async (within: AbortSignal) =>
      (await import('./cluster-reading.ts')).readCluster(parts.store, config, within),
  };
  await observer.start(answers, signal);
  const pulse = {
    onTick: (lagMs: number): void => {
      manager.tick(elector.lastTurnAt);
      if (lagMs > LAG_WORTH_TELLING_MS) emit({ type: 'loop-lag', lagMs });
      for (const controller of groups.all()) controller.check();
    },
    onSuspended: (ms: number): void => {
      for (const controller of groups.all()) controller.onSuspended(ms);
    },
  };
  const loops = [campaign(parts, signal), tick(clock, pulse, signal), monitor.run(signal)];
  const ended = aborted(AbortSignal.any([stop, broken]));
  manager.ready();
  onRunning(signal);
  let defect: unknown;
  try {
    await Promise.race([ended, ...loops]);
    broken.throwIfAborted();
  } catch (error) {
    // A loop ends before the stop only by a defect: what we hold is withdrawn like at any stop, and
    // the process ends. A supervisor starts the next one.
    defect = error;
  }
  manager.stopping();
  const stoppingAt = clock.now();
  parts.lineUp.stop();
  emit({ type: 'stopping', signal: defect === undefined ? String(stop.reason) : 'defect' });
  await release(parts);
  // The successor takes now: what is left of our work must not stand in its way.
  await clock.sleep(YIELD_MS);
  running.abort(new Error('the daemon stops'));
  await settledWithin(LOOPS_END_WITHIN_MS, loops, clock);
  if (!config.keepOnStop) await elector.retire(REVOKE_WITHIN_MS);
  await observer.stop();
  emit({ type: 'stopped', durationMs: clock.now() - stoppingAt });
  if (defect !== undefined) throw defect;
  broken.throwIfAborted();
}

/** Gives up all that is held, or leaves it as it is for the next daemon when told to keep. */
async function release({ config, clock, groups }: Parts): Promise<void> {
  const controllers = groups.all();
  if (config.keepOnStop) {
    await Promise.all(controllers.map((controller) => controller.abandon()));
    return;
  }
  const limit = new AbortController();
  const cancel = clock.timer(STOP_WITHIN_MS, () =>
    limit.abort(new Error('the stop takes too long')),
  );
  await Promise.all(controllers.map((controller) => controller.stop(limit.signal)));
  cancel();
}

/** Resolves when the signal aborts, or is so already. */
async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves when all have settled, at the latest after so many milliseconds. */
async function settledWithin(
  ms: number,
  work: readonly Promise<void>[],
  clock: Clock,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.timer(ms, resolve);
    void Promise.allSettled(work).then(() => {
      cancel();
      resolve();
    });
  });
}
