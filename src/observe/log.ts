import { fstatSync, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/types.ts';
import { PipeSink } from './pipe-sink.ts';

export interface LogOptions {
  readonly level: Config['logLevel'];
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: Config['logFormat'];
  /**
   * Microseconds of CLOCK_BOOTTIME, for the field `bootUs` of each line at level debug: what several
   * daemons of one machine did can be put in order by it, to less than a millisecond.
   */
  readonly bootUs?: () => number;
}

/** Lines that wait for a slow destination, in bytes; beyond, they are dropped and counted. */
const MAX_WAITING_BYTES = 1 << 20;
const STDOUT = 1;

/**
 * The daemon's logger. It writes to stdout and can neither kill nor block the daemon: on a pipe or
 * socket (journald, a container runtime) it never waits, lines that nobody takes are dropped, and
 * when the reader has gone it falls silent. Only a terminal that is stopped with Ctrl-S makes it
 * wait, as it makes every program.
 * @param stream where lines go instead of stdout; `auto` is then JSON
 */
export function createLogger(options: LogOptions, stream?: DestinationStream): Logger {
  const pretty =
    options.format === 'pretty' ||
    (options.format === 'auto' && stream === undefined && process.stdout.isTTY);
  const sink = stream ?? openStdout((lines) => logger.warn({ lines }, 'log lines were dropped'));
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: timestamp(options),
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? prettyStream(sink, stream === undefined && process.stdout.isTTY) : sink,
  );
  return logger;
}

/** The time as pino wants it: text that follows the fields before it. */
function timestamp({ level, bootUs }: LogOptions): () => string {
  const { isoTime } = pino.stdTimeFunctions;
  if (level !== 'debug' || bootUs === undefined) return isoTime;
  return () => `${isoTime()},"bootUs":${bootUs()}`;
}

/** Formats line by line in this thread: pino-pretty's stream would add a queue without bound. */
function prettyStream(sink: DestinationStream, colorize: boolean): DestinationStream {
  // Loaded only here: a daemon under systemd never needs its 4 MiB.
  const load = createRequire(import.meta.url);
  const { prettyFactory } = load('pino-pretty') as typeof import('pino-pretty');
  const format = prettyFactory({
    colorize,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    singleLine: true,
  });
  return {
    write: (line) => {
      const text: unknown = format(line);
      if (typeof text === 'string') sink.write(text);
    },
  };
}

/** Undefined when a supervisor closed the descriptor before it started us. */
function statOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined; // EBADF is all that fstat says here.
  }
}

function openStdout(onDropped: (lines: number) => void): DestinationStream {
  const stat = statOf(STDOUT);
  if (stat !== undefined && (stat.isFIFO() || stat.isSocket())) {
    return new PipeSink(process.stdout, MAX_WAITING_BYTES, onDropped);
  }
  const file = pino.destination({ dest: STDOUT, sync: true, maxLength: MAX_WAITING_BYTES });
  // A full disk or a terminal that has hung up: the lines wait in memory, up to the bound, and the
  // next line tries again. There is nowhere to say so but here.
  file.on('error', () => undefined);
  return file;
}
