import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OperatorError } from '../../errors.ts';
import { parseJsonObjects } from './json-stream.ts';

const execute = promisify(execFile);
/** Beyond this an answer is none: a node has some hundred addresses, a config some 100 KiB. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const MESSAGE_CHARACTERS_MAX = 400;
/** An unreachable node is given up after this: talosctl itself would try on for long. */
const ANSWER_WITHIN_MS = 10_000;

/** `talosctl` failed, or said what it never says. The message is fit for people. */
export class TalosctlError extends OperatorError {
  override name = 'TalosctlError';
}

export interface TalosctlOptions {
  /** Its environment, PATH among it: that is where it is found. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the talosconfig; by default talosctl chooses. */
  readonly talosconfig?: string;
  readonly withinMs?: number;
}

/** The user's `talosctl`, run without a shell, each run bounded and abortable. */
export class Talosctl {
  readonly #options: TalosctlOptions;

  constructor(options: TalosctlOptions) {
    this.#options = options;
  }

  /**
   * Runs it for one node.
   * @returns its standard output
   * @throws TalosctlError
   */
  async run(node: string, args: readonly string[], signal: AbortSignal): Promise<string> {
    const { env, talosconfig, withinMs = ANSWER_WITHIN_MS } = this.#options;
    const global = talosconfig === undefined ? [] : ['--talosconfig', talosconfig];
    try {
      const { stdout } = await execute('talosctl', [...global, '--nodes', node, ...args], {
        env: { ...env },
        encoding: 'utf8',
        maxBuffer: OUTPUT_BYTES_MAX,
        timeout: withinMs,
        killSignal: 'SIGKILL',
        signal,
      });
      return stdout;
    } catch (error) {
      throw new TalosctlError(`${node}: ${complaint(error, withinMs)}`, undefined, {
        cause: error,
      });
    }
  }

  /**
   * The resources of a type on a node, as JSON.
   * @param flags such as `--insecure`, for a machine in maintenance mode
   * @throws TalosctlError
   */
  async get(
    node: string,
    type: string,
    signal: AbortSignal,
    flags: readonly string[] = [],
  ): Promise<unknown[]> {
    const text = await this.run(node, ['get', type, '--output', 'json', ...flags], signal);
    try {
      return parseJsonObjects(text);
    } catch (error) {
      const message = `${node}: talosctl get ${type} --output json printed no JSON objects`;
      throw new TalosctlError(message, undefined, { cause: error });
    }
  }
}

/** What execFile adds to an error (Node's child_process documentation). */
interface Ended {
  readonly code?: string | number | null;
  readonly killed?: boolean;
  readonly stderr?: string;
}

function complaint(error: unknown, withinMs: number): string {
  const { code, killed, stderr = '' } = error as Ended;
  if (code === 'ENOENT') {
    return 'talosctl is not in PATH; install the one of the version of your cluster';
  }
  if (code === 'ABORT_ERR') return 'talosctl was interrupted';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'talosctl prints without an end';
  if (killed === true) return `talosctl did not answer within ${withinMs / 1000} s`;
  // The last lines have what failed; banners and warnings come before.
  const said = stderr
    .trim()
    .replaceAll(/[^\P{C}\n]/gu, '?')
    .slice(-MESSAGE_CHARACTERS_MAX);
  return `talosctl failed${typeof code === 'number' ? ` (exit ${code})` : ''}: ${said || 'silently'}`;
}
