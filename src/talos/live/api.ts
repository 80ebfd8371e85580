import { request } from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import ipaddr from 'ipaddr.js';
import { describe, OperatorError } from '../../errors.ts';

/** What an API server said. */
export interface ApiAnswer {
  /** 200 ready; 401 and 403: it answers, and wants to know who asks; 500: not ready. */
  readonly status: number;
  /** Names and addresses in the certificate that it showed, addresses in canonical text. */
  readonly sans: readonly string[];
}

/**
 * Asks `/readyz`, each time by a connection of its own. Nothing is sent that is secret, so the
 * certificate is looked at and not believed: whose it is is seen by its names.
 * @param withinMs for everything
 * @throws OperatorError when nobody answers
 */
export async function askApi(
  host: string,
  port: number,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<ApiAnswer> {
  const options = {
    host,
    port,
    path: '/readyz',
    agent: false,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
  };
  try {
    return await new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        const { subjectaltname = '' } = (response.socket as TLSSocket).getPeerCertificate();
        resolve({ status: response.statusCode ?? 0, sans: readSans(subjectaltname) });
        response.destroy();
      });
      asked.on('error', reject);
      asked.end();
    });
  } catch (error) {
    const why = error instanceof Error && error.name === 'AbortError' ? 'in time' : describe(error);
    const said = why === 'in time' ? `did not answer within ${withinMs / 1000} s` : why;
    throw new OperatorError(`${host} port ${port}: ${said}`, undefined, { cause: error });
  }
}

/** Whether the API is in service there, whatever it thinks of who asks. */
export function isServing({ status }: ApiAnswer): boolean {
  return status === 200 || status === 401 || status === 403;
}

/** `DNS:kubernetes, IP Address:10.4.0.9`, as Node writes them. */
export function readSans(text: string): string[] {
  return text.split(', ').flatMap((entry) => {
    const [, kind, value = ''] = /^(DNS|IP Address):(.+)$/.exec(entry) ?? [];
    if (kind === undefined) return [];
    if (kind === 'DNS') return [value.toLowerCase()];
    return ipaddr.isValid(value) ? [ipaddr.parse(value).toString()] : [];
  });
}
