import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Clock } from '../clock.ts';
import { ip } from './ip.ts';
import type { AddressChange } from './recording.ts';
import type { WallOffset } from './wall-offset.ts';

/** `[time] [Deleted ]index: link    inet[6] address/length …` of `ip -tshort -o monitor address`. */
const LINE = /^\[([^\]]+)\] (Deleted )?\d+: (\S+) +inet6? ([\da-f.:]+)\/\d+ /;
/** Added and removed until the monitor shows it: from then on nothing escapes it. */
const BEACON = '127.99.99.99';
const BEACON_EVERY_MS = 20;
const READY_TIMEOUT_MS = 5_000;

/** One line of `ip monitor`, or undefined when it is about something else. */
export function readMonitorLine(
  line: string,
): { wallMs: number; present: boolean; link: string; address: string } | undefined {
  const [, stamp, deleted, link, address] = LINE.exec(line) ?? [];
  if (stamp === undefined || link === undefined || address === undefined) return undefined;
  // Milliseconds by Date, and what it drops of the microseconds.
  const fraction = Number(`0.${stamp.split('.')[1] ?? '0'}`) * 1000;
  const wallMs = Date.parse(`${stamp.split('.')[0]}Z`) + fraction;
  return Number.isNaN(wallMs)
    ? undefined
    : { wallMs, present: deleted === undefined, link, address };
}

export interface AddressMonitorOptions {
  readonly clock: Clock;
  readonly offset: WallOffset;
  readonly namespace: string;
  readonly host: number;
  readonly vips: readonly string[];
  /** The monitor ended before it was told to. */
  readonly onLost: (host: number) => void;
}

/**
 * Notes when VIPs come to and leave the links of one host, by `ip monitor`: a process of its own,
 * that the kernel wakes and that takes the time at once, and not the code that is being tested.
 */
export class AddressMonitor implements AsyncDisposable {
  readonly #options: AddressMonitorOptions;
  readonly #present = new Map<string, AddressChange>();
  #child: ChildProcess | undefined;
  #changes: AddressChange[] = [];
  #beaconSeen = false;

  constructor(options: AddressMonitorOptions) {
    this.#options = options;
  }

  /** Resolves when it sees every change. @throws Error when it does not come up */
  async start(): Promise<void> {
    const { clock, namespace, host, onLost } = this.#options;
    const child = spawn('ip', ['-n', namespace, '-tshort', '-o', 'monitor', 'address'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // The stamps are local time.
      env: { PATH: process.env['PATH'], TZ: 'UTC' },
    });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) onLost(host);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#line(line));
    const giveUpAt = clock.now() + READY_TIMEOUT_MS;
    while (!this.#beaconSeen) {
      if (clock.now() > giveUpAt) throw new Error(`ip monitor in ${namespace} shows nothing`);
      await ip('-n', namespace, 'address', 'add', `${BEACON}/32`, 'dev', 'lo');
      await ip('-n', namespace, 'address', 'del', `${BEACON}/32`, 'dev', 'lo');
      await clock.sleep(BEACON_EVERY_MS);
    }
  }

  /** Forgets all changes; what is on the links now opens the next recording. */
  mark(): void {
    this.#changes = [...this.#present.values()];
  }

  changes(): readonly AddressChange[] {
    return this.#changes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #line(line: string): void {
    const seen = readMonitorLine(line);
    if (seen === undefined) return;
    if (seen.address === BEACON) this.#beaconSeen = true;
    if (!this.#options.vips.includes(seen.address)) return;
    const { link, address: vip, present } = seen;
    const at = this.#options.offset.toBoottimeMs(seen.wallMs);
    const change: AddressChange = { at, host: this.#options.host, vip, link, present };
    const key = `${vip} ${link}`;
    // A lifetime set anew is announced as well, and is no change.
    if (present && this.#present.has(key)) return;
    if (present) this.#present.set(key, change);
    else this.#present.delete(key);
    this.#changes.push(change);
  }
}
