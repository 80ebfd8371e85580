/**
 * The process of the instruments: the prober in the client host, the capture at the switch and the
 * watchers of the hosts' addresses. Apart from the lab's own, so that the lab's work never delays a
 * probe. Talks to `instrument-process.ts` over Node's IPC channel.
 */
import { spawnSync } from 'node:child_process';
import { setPriority } from 'node:os';
import { systemClock } from '../clock.ts';
import { describe } from '../errors.ts';
import { enterNetworkNamespace } from '../libc.ts';
import { AddressMonitor } from './address-monitor.ts';
import { Capture } from './capture.ts';
import type { FromInstrument, InstrumentConfig, ToInstrument } from './instrument-messages.ts';
import { ip } from './ip.ts';
import * as names from './names.ts';
import { Prober } from './prober.ts';
import type { Recording } from './recording.ts';
import { WallOffset } from './wall-offset.ts';

/**
 * Before everything that is being measured: a late probe looks like an outage. Real-time priority
 * for this thread and the monitors that it starts; it sleeps nine tenths of its time.
 */
const CHRT = ['--fifo', '--pid', '1', String(process.pid)];
/** Where there is no real-time priority: in a container, or without util-linux. */
const NICE = -15;

const clock = systemClock;
const offset = new WallOffset(clock);
/** Slept on by `Atomics.wait`: futexes end to 0.06 ms, the event loop's timers to a whole one. */
const bed = new Int32Array(new SharedArrayBuffer(4));

function tell(message: FromInstrument): void {
  // Nobody is left to tell when the lab is gone; then `disconnect` ends us.
  if (process.connected) process.send?.(message);
}

function onLost(host: number): void {
  tell({ type: 'failed', err: `monitor of ${names.hostName(host)} ended` });
}

class Instrument {
  readonly #config: InstrumentConfig;
  readonly #monitors: AddressMonitor[];
  #prober: Prober | undefined;
  #capture: Capture | undefined;
  #startedAt = 0;
  #nextProbeAt = 0;
  #stopped = false;

  constructor(config: InstrumentConfig) {
    this.#config = config;
    const { run, vips, hosts } = config;
    this.#monitors = Array.from({ length: hosts }, (_, host) => {
      const namespace = names.hostNamespace(run, host);
      return new AddressMonitor({ clock, offset, namespace, host, vips, onLost });
    });
  }

  async start(): Promise<void> {
    const { run, vips } = this.#config;
    for (const monitor of this.#monitors) await monitor.start();
    const lan = names.switchNamespace(run, 'end0');
    const ports: number[] = [];
    for (let host = 0; host < this.#config.hosts; host += 1) {
      ports.push(await linkIndex(lan, names.portName(names.hostName(host))));
    }
    const client = names.clientNamespace(run);
    const clientLink = await linkIndex(client, 'end0');
    // From here on without a pause: the namespace is the thread's, not the function's.
    enterNetworkNamespace(`/run/netns/${lan}`);
    this.#capture = new Capture({ offset, ports, vips });
    enterNetworkNamespace(`/run/netns/${client}`);
    this.#prober = new Prober({
      clock,
      offset,
      linkIndex: clientLink,
      mac: names.clientMac('end0'),
      address: names.clientAddress('end0'),
      address6: names.clientAddress6(),
      vips,
      everyMs: this.#config.probeEveryMs,
      onAnswering: (vip, mac, at) =>
        tell({ type: 'answering', vip, at, ...(mac !== undefined && { mac }) }),
    });
    this.#nextProbeAt = clock.now();
    this.mark();
    this.#turn();
  }

  mark(): void {
    this.#prober?.mark();
    this.#capture?.mark();
    for (const monitor of this.#monitors) monitor.mark();
    this.#startedAt = clock.now();
  }

  recording(): Recording {
    const hosts = Array.from({ length: this.#config.hosts }, (_, host) => host);
    const addresses = this.#monitors.flatMap((monitor) => monitor.changes());
    return {
      startedAt: this.#startedAt,
      endedAt: clock.now(),
      hostMacs: hosts.map((host) => names.hostMac(host, 'end0')),
      probes: this.#prober?.tracks() ?? [],
      claims: this.#capture?.claims() ?? [],
      addresses: addresses.toSorted((a, b) => a.at - b.at),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#prober?.[Symbol.dispose]();
    this.#capture?.[Symbol.dispose]();
    await Promise.all(this.#monitors.map((monitor) => monitor[Symbol.asyncDispose]()));
  }

  /** One round: a probe when one is due, then all that arrived, then sleep until the next is due. */
  #turn(): void {
    if (this.#stopped) return;
    const now = clock.now();
    if (now >= this.#nextProbeAt) {
      this.#prober?.send();
      // When late, skip: a burst would tell nothing more, and the record shows when each went out.
      const { probeEveryMs } = this.#config;
      this.#nextProbeAt = Math.max(this.#nextProbeAt + probeEveryMs, now + probeEveryMs / 2);
    }
    this.#prober?.receive();
    this.#capture?.receive();
    offset.refreshIfOld();
    const sleepMs = this.#nextProbeAt - clock.now();
    if (sleepMs > 0) Atomics.wait(bed, 0, 0, sleepMs);
    setImmediate(() => this.#turn());
  }
}

async function linkIndex(namespace: string, link: string): Promise<number> {
  const [found] = JSON.parse(await ip('-n', namespace, '-j', 'link', 'show', 'dev', link)) as {
    ifindex: number;
  }[];
  if (found === undefined) throw new Error(`no link ${link} in ${namespace}`);
  return found.ifindex;
}

let instrument: Instrument | undefined;

async function obey(message: ToInstrument): Promise<void> {
  switch (message.type) {
    case 'start':
      instrument = new Instrument(message.config);
      await instrument.start();
      tell({ type: 'ready' });
      break;
    case 'mark':
      instrument?.mark();
      tell({ type: 'marked' });
      break;
    case 'collect':
      if (instrument) tell({ type: 'recording', recording: instrument.recording() });
      break;
    case 'stop':
      await instrument?.stop();
      process.disconnect();
      break;
  }
}

function fail(error: unknown): void {
  tell({ type: 'failed', err: describe(error) });
}

function hurry(): void {
  if (spawnSync('chrt', CHRT, { stdio: 'ignore' }).status === 0) return;
  try {
    setPriority(NICE);
  } catch {
    // A container's root may not. Then the record shows how late the probes were.
  }
}

hurry();
process.on('uncaughtException', fail);
process.on('message', (message) => {
  obey(message as ToInstrument).catch(fail);
});
process.once('disconnect', () => {
  const ended = instrument?.stop() ?? Promise.resolve();
  ended.catch(() => undefined).finally(() => process.exit());
});
// Ctrl-C reaches the whole group; the lab decides when the instruments end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
