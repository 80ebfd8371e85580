import { request } from 'node:http';
import { join } from 'node:path';
import { describe, OperatorError, PrivilegeError } from '../errors.ts';
import { CONTROL_SOCKET } from '../observe/control-socket.ts';
import type { StatusReport } from '../observe/status.ts';

/** A daemon that is alive answers at once; one that is not must not keep a person waiting. */
const ANSWER_WITHIN_MS = 500;
/** A move to another node is answered when that holds: longer than the daemon itself waits. */
const DONE_WITHIN_MS = 9500;
const MAX_BYTES = 4 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** @throws Error with `code` of the socket's: ENOENT, ECONNREFUSED, EACCES, … */
function call(
  runtimeDir: string,
  { method, path, withinMs }: { method: 'GET' | 'POST'; path: string; withinMs: number },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: join(runtimeDir, CONTROL_SOCKET),
        path,
        method,
        signal: AbortSignal.timeout(withinMs),
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => {
          text += piece;
          if (text.length > MAX_BYTES) asked.destroy(new Error('the answer is too long'));
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

/** `/status` of the daemon on this node; undefined where none answers, or none that we may ask. */
export async function localStatus(runtimeDir: string): Promise<StatusReport | undefined> {
  try {
    const { text } = await call(runtimeDir, {
      method: 'GET',
      path: '/status',
      withinMs: ANSWER_WITHIN_MS,
    });
    const report = JSON.parse(text) as StatusReport;
    return Array.isArray(report.groups) ? report : undefined;
  } catch {
    return undefined; // Nobody, or something else listens there.
  }
}

/**
 * Tells the daemon on this node to do something. Resolves with what it answers when that is done.
 * @param command as the person calls it, for messages
 * @throws OperatorError with what the daemon says against it, or where none answers; PrivilegeError where
 *   it may not be asked
 */
export async function tellDaemon(
  runtimeDir: string,
  command: string,
  wants: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const query = new URLSearchParams(wants).toString();
  const path = `/${command}${query === '' ? '' : `?${query}`}`;
  let answer: Answer;
  try {
    answer = await call(runtimeDir, { method: 'POST', path, withinMs: DONE_WITHIN_MS });
  } catch (error) {
    throw unanswered(runtimeDir, command, error);
  }
  const body = parse(answer.text);
  if (answer.status === 200) return body;
  const said = (body as { readonly error?: unknown } | undefined)?.error;
  throw new OperatorError(typeof said === 'string' ? said : `the daemon answers ${answer.status}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Something else listens there.
  }
}

/** Why nobody answers on the socket, and what to do. */
function unanswered(runtimeDir: string, command: string, error: unknown): OperatorError {
  const socket = join(runtimeDir, CONTROL_SOCKET);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'EACCES' || code === 'EPERM') {
    return new PrivilegeError(
      `${socket} may not be used by this user: run "vip-elector ${command}" as root, or as the user ` +
        'of the daemon',
    );
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new OperatorError(
      `no vip-elector runs here (nobody listens at ${socket}): run this command on a node with a ` +
        'daemon, or give its --runtime-dir',
    );
  }
  return new OperatorError(`the daemon does not answer at ${socket}: ${describe(error)}`);
}
