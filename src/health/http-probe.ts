import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Probe } from './types.ts';

/** Any status below is an answer of something that works: as Kubernetes's own probes have it. */
const FAILED_FROM = 400;

export interface HttpProbeOptions {
  readonly url: string;
  /** PEM file, read each time: it may be renewed. Undefined: the system's CAs. */
  readonly caFile?: string | undefined;
  /** Sent (SNI) and checked instead of the URL's host. */
  readonly serverName?: string | undefined;
}

/** A GET that is answered with a status below 400; redirections are not followed. */
export function httpProbe(name: string, options: HttpProbeOptions): Probe {
  const ask = async (signal: AbortSignal): Promise<void> => {
    const { url, caFile, serverName } = options;
    const ca = caFile === undefined ? undefined : await readFile(caFile);
    // Loaded only by who has such a probe.
    const { request } = url.startsWith('https:')
      ? await import('node:https')
      : await import('node:http');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const more: RequestOptions & { ca?: Buffer; servername?: string } = {
        // Each on a connection of its own: what is kept alive says nothing of who connects next.
        agent: false,
        signal,
        headers: { 'user-agent': 'vip-elector' },
        ...(ca !== undefined && { ca }),
        ...(serverName !== undefined && { servername: serverName }),
      };
      const onResponse = (response: IncomingMessage): void => {
        response.destroy();
        resolve(response.statusCode);
      };
      request(url, more, onResponse).on('error', reject).end();
    });
    if (status === undefined || status >= FAILED_FROM) throw new Error(`status ${status}`);
  };
  return { name, ask };
}
