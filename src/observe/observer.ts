import type { Clock } from '../clock.ts';
import { HOOKS, type Config } from '../config/types.ts';
import type { ElectorEvent, Emit } from '../events.ts';
import type { Logger } from 'pino';
import { CertificateExpiry } from './certificate-expiry.ts';
import { ControlSocket } from './control-socket.ts';
import { EtcdBoard } from './etcd-board.ts';
import { eventLog } from './event-log.ts';
import { HttpServer } from './http.ts';
import { createLogger } from './log.ts';
import { Metrics } from './metrics.ts';
import type { ClusterReading } from './page/picture.ts';
import { Recent } from './recent.ts';
import type { Routes } from './routes.ts';
import type { ProbeResult, StatusReport } from './status.ts';
import { pageRoutes } from './status-page.ts';

/** What the daemon tells when it is asked. */
export interface Answers {
  readonly status: () => StatusReport;
  readonly health: () => ProbeResult;
  /** Calls of the control socket that change something, by path. */
  readonly routes?: Routes;
  /** Milliseconds left of the right to hold; undefined when nothing is held. */
  readonly slackMs: () => number | undefined;
  /** Reads what all nodes have written into etcd, for the page. @throws Error when it does not answer */
  readonly readCluster: (signal: AbortSignal) => Promise<ClusterReading>;
}

/** Everything that lets people and machines see the daemon: log, metrics, HTTP, control socket. */
export class Observer {
  readonly etcd: EtcdBoard;
  readonly #config: Config;
  readonly #version: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #log: Emit;
  readonly #metrics: Metrics;
  readonly #recent = new Recent();
  #answers: Answers | undefined;
  #http: HttpServer | undefined;
  #control: ControlSocket | undefined;

  constructor(config: Config, version: string, clock: Clock) {
    const { node, groups, logLevel, logFormat } = config;
    this.#config = config;
    this.#version = version;
    this.#clock = clock;
    this.etcd = new EtcdBoard(config.etcd.endpoints);
    const bootUs = (): number => Math.round(clock.now() * 1000);
    this.#logger = createLogger({ level: logLevel, format: logFormat, bootUs });
    this.#log = eventLog(this.#logger);
    const { certFile } = config.etcd;
    const certificate = certFile === undefined ? undefined : new CertificateExpiry(certFile, clock);
    this.#metrics = new Metrics({
      node,
      version,
      groups: groups.map(({ name }) => name),
      hooks: HOOKS.filter((hook) => config.hooks?.[hook] !== undefined),
      vips: groups.flatMap(({ name, vips }) =>
        vips.map(({ address }) => ({ group: name, vip: address })),
      ),
      slackSeconds: () => {
        const slackMs = this.#answers?.slackMs();
        return slackMs === undefined ? undefined : slackMs / 1000;
      },
      certExpirySeconds: () => certificate?.seconds(),
    });
  }

  /** Takes in one event of the daemon: log, metrics, status. Synchronous. */
  record(event: ElectorEvent): void {
    this.etcd.record(event);
    this.#metrics.record(event);
    this.#recent.record(event, this.#clock.wallMs());
    this.#log(event);
  }

  /** Begins to answer. What cannot listen is reported and does not keep the daemon from its work. */
  async start(answers: Answers, signal: AbortSignal): Promise<void> {
    this.#answers = answers;
    const emit: Emit = (event) => this.record(event);
    const { listen, runtimeDir } = this.#config;
    const { status, health, routes = {} } = answers;
    this.#control = new ControlSocket({ runtimeDir, status, emit, routes });
    const starts = [this.#control.start(signal)];
    if (listen !== 'off') {
      const ready = (): ProbeResult => this.#ready();
      const [metrics, clock] = [this.#metrics, this.#clock];
      const own = (): Recent['transitions'] => this.#recent.transitions;
      const page = pageRoutes({ clock, status, own, read: answers.readCluster, signal });
      const shown = { metrics, status, health, ready, routes: page };
      this.#http = new HttpServer({ listen, emit, clock, ...shown });
      starts.push(this.#http.start(signal));
    }
    await Promise.all(starts);
  }

  #ready(): ProbeResult {
    const { connected, err } = this.etcd;
    const detail = connected ? 'etcd answers' : `etcd does not answer: ${err ?? 'unknown'}`;
    return { ok: connected, detail };
  }

  async stop(): Promise<void> {
    await Promise.all([this.#http?.stop(), this.#control?.stop()]);
  }

  /** From now on the log says as much as this. */
  set logLevel(level: Config['logLevel']) {
    this.#logger.level = level;
  }

  get version(): string {
    return this.#version;
  }
}
