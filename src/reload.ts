import type { Config, GroupConfig } from './config/types.ts';
import { OperatorError } from './errors.ts';
import { hasIPv6 } from './lan.ts';
import type { ServiceManager } from './observe/sd-notify.ts';
import type { Parts } from './parts.ts';
import { refuseOwnVipAsEndpoint, refuseUnusableVips } from './refusals.ts';

/** What may change while the daemon runs; everything else rests on what was opened at its start. */
const LIVE: ReadonlySet<string> = new Set(['groups', 'logLevel', 'timing']);

export interface ReloadParts extends Pick<
  Parts,
  'clock' | 'emit' | 'monitor' | 'lineUp' | 'admit' | 'tempo'
> {
  /** Told that what runs is about to change, and that it has or has not. */
  readonly manager: Pick<ServiceManager, 'reloading' | 'ready'>;
  /** Reads the configuration anew. @throws ConfigError */
  readonly load: () => Promise<Config>;
  /** As it was read at the start. */
  readonly config: Config;
  readonly setLogLevel: (level: Config['logLevel']) => void;
}

/** Reads the configuration anew and makes the daemon what it says, or says why not and changes nothing. */
export class Reload {
  readonly #parts: ReloadParts;
  #config: Config;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#config = parts.config;
  }

  /**
   * Reloads, once more if it is asked for while one is under way. What is refused is told.
   * @param signal of the running daemon
   * @throws what nobody expected
   */
  request(signal: AbortSignal): Promise<void> {
    this.#again = this.#running !== undefined;
    this.#running ??= this.#run(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    do {
      this.#again = false;
      const { manager, lineUp } = this.#parts;
      manager.reloading();
      try {
        await this.#reload(signal);
      } finally {
        // What it is told while it stops is the stop's.
        if (!lineUp.stopped) manager.ready();
      }
    } while (this.#again && !signal.aborted);
  }

  async #reload(signal: AbortSignal): Promise<void> {
    const { emit, load, lineUp, setLogLevel, tempo } = this.#parts;
    let config: Config;
    try {
      config = await load();
      await this.#check(config, signal);
    } catch (error) {
      // Whatever it is: what runs is right, and goes on.
      if (!signal.aborted) emit({ type: 'reload-refused', err: error });
      return;
    }
    if (lineUp.stopped) return;
    const changed: string[] = [];
    if (config.logLevel !== this.#config.logLevel) {
      setLogLevel(config.logLevel);
      changed.push('log.level');
    }
    if (otherwise(this.#config.timing, config.timing)) {
      tempo.change(config.timing);
      changed.push('timing');
    }
    this.#config = config;
    try {
      changed.push(...(await lineUp.apply(config.groups, signal)));
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (!lineUp.stopped) emit({ type: 'reloaded', changed });
  }

  /** @throws OperatorError, ConfigError, StoreError with nothing changed */
  async #check(config: Config, signal: AbortSignal): Promise<void> {
    const { clock, monitor, admit, lineUp, tempo } = this.#parts;
    const fixed = fixedChanges(this.#config, config);
    if (fixed.length > 0) {
      throw new OperatorError(
        `${fixed.join(', ')} cannot change while the daemon runs: restart it, which resumes what it holds`,
      );
    }
    if (otherwise(this.#config.timing, config.timing)) tempo.check(config.timing);
    const elsewhere = elsewhereChanges(lineUp.configs, config.groups);
    if (elsewhere.length > 0) {
      throw new OperatorError(
        `${elsewhere.join(', ')}: a group with an electionKey cannot come, go or change its place while the daemon runs: restart it`,
      );
    }
    if (hasIPv6(config.groups) && !hasIPv6(lineUp.configs)) {
      throw new OperatorError(
        'the first IPv6 VIP needs a restart: its socket is opened at the start',
      );
    }
    await refuseOwnVipAsEndpoint(config, clock);
    refuseUnusableVips(config, monitor);
    await admit(config.groups, signal);
  }
}

function otherwise(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** Fields that are otherwise and cannot be so. */
function fixedChanges(before: Config, now: Config): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof Config)[];
  return names.filter((name) => !LIVE.has(name) && otherwise(before[name], now[name]));
}

/** Groups whose election stands elsewhere, and that are new, gone or at another place. */
function elsewhereChanges(before: readonly GroupConfig[], now: readonly GroupConfig[]): string[] {
  const names = new Set([...before, ...now].map(({ name }) => name));
  return [...names].filter((name) => keyOf(before, name) !== keyOf(now, name));
}

function keyOf(groups: readonly GroupConfig[], name: string): string | undefined {
  return groups.find((each) => each.name === name)?.electionKey;
}
