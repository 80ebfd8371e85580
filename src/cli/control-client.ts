import { request } from 'node:http';
import { join } from 'node:path';
import { CONTROL_SOCKET } from '../observe/control-socket.ts';
import type { StatusReport } from '../observe/status.ts';

/** A daemon that is alive answers at once; one that is not must not keep a person waiting. */
const ANSWER_WITHIN_MS = 500;
const MAX_BYTES = 4 * 1024 * 1024;

/** `/status` of the daemon on this node; undefined where none answers, or none that we may ask. */
export function localStatus(runtimeDir: string): Promise<StatusReport | undefined> {
  return new Promise((resolve) => {
    const nobody = (): void => resolve(undefined);
    const asked = request(
      {
        socketPath: join(runtimeDir, CONTROL_SOCKET),
        path: '/status',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => {
          text += piece;
          if (text.length > MAX_BYTES) asked.destroy();
        });
        answer.on('error', nobody);
        answer.on('end', () => resolve(parse(text)));
      },
    );
    asked.on('error', nobody);
    asked.end();
  });
}

function parse(text: string): StatusReport | undefined {
  try {
    const report = JSON.parse(text) as StatusReport;
    return Array.isArray(report.groups) ? report : undefined;
  } catch {
    return undefined; // Something else listens there.
  }
}
