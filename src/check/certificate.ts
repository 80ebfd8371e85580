import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, checkServerIdentity, type TLSSocket } from 'node:tls';
import type { EtcdConfig } from '../config/types.ts';
import { describe } from '../errors.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Shorter than this, somebody should renew it: what the alert of deploy/prometheus goes by, too. */
const SOON_MS = 14 * 86_400_000;
const DAY_MS = 86_400_000;
/** For the handshake of TLS. */
const HANDSHAKE_WITHIN_MS = 3000;

/** A certificate, its dates in wall-clock milliseconds. */
export interface CertificateSeen {
  /** `client certificate`, `certificate of https://…`. */
  readonly name: string;
  /** Common name and others, in words. */
  readonly subject: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What is wrong with it beside its dates: its names, its issuer. */
  readonly wrong?: string;
}

export function judgeCertificate(seen: CertificateSeen, nowMs: number): Finding {
  const { name, subject, fromMs, toMs, wrong } = seen;
  const until = new Date(toMs).toISOString().slice(0, 10);
  const days = Math.floor((toMs - nowMs) / DAY_MS);
  if (toMs <= nowMs) return fail(name, `${subject} expired on ${until}`, 'renew it');
  if (fromMs > nowMs) {
    const from = new Date(fromMs).toISOString();
    return fail(name, `${subject} is not good before ${from}`, 'see the clock of this host (NTP)');
  }
  if (wrong !== undefined) {
    const remedy =
      'issue it for this name or address, by the CA of etcd.ca; or see etcd.serverName';
    return fail(name, `${subject}: ${wrong}`, remedy);
  }
  const detail = `${subject}, good until ${until} (${days} days)`;
  return toMs - nowMs < SOON_MS ? warn(name, detail, 'renew it soon') : ok(name, detail);
}

/** The client certificate and the CA of the configuration, as far as there are any. @throws Error */
export function seeCertificateFiles({ certFile, caFile }: EtcdConfig): CertificateSeen[] {
  const seen: CertificateSeen[] = [];
  if (certFile !== undefined) {
    const cert = new X509Certificate(readFileSync(certFile));
    const cn = /^CN=(.*)$/m.exec(cert.subject)?.[1] ?? 'none';
    const usage: readonly string[] | undefined = cert.keyUsage;
    const wrong =
      usage !== undefined && !usage.includes('1.3.6.1.5.5.7.3.2')
        ? 'it is not issued for TLS clients (extended key usage clientAuth)'
        : undefined;
    seen.push({
      name: 'client certificate',
      subject: `${certFile}: common name ${cn}, which is the user of etcd`,
      ...datesOf(cert),
      ...(wrong !== undefined && { wrong }),
    });
  }
  if (caFile !== undefined) {
    const ca = new X509Certificate(readFileSync(caFile));
    seen.push({ name: 'CA of etcd', subject: caFile, ...datesOf(ca) });
  }
  return seen;
}

/**
 * The certificate of a server, whether or not it is good; undefined where none is shown: why, another
 * check says.
 */
export async function seeServerCertificate(
  endpoint: string,
  { caFile, certFile, keyFile, serverName }: EtcdConfig,
  signal: AbortSignal,
): Promise<CertificateSeen | undefined> {
  const { hostname, port } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, '');
  const [ca, cert, key] = [read(caFile), read(certFile), read(keyFile)];
  const socket = connect({
    host,
    port: port === '' ? 2379 : Number(port),
    // It is to be looked at, even when it is wrong. Nothing is sent.
    rejectUnauthorized: false,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ALPNProtocols: ['h2'],
  });
  try {
    await shaken(socket, AbortSignal.any([signal, AbortSignal.timeout(HANDSHAKE_WITHIN_MS)]));
  } catch {
    return undefined; // The endpoint's own line says how it fails.
  }
  try {
    const found = socket.getPeerX509Certificate();
    if (found === undefined) return undefined;
    const name = serverName ?? host;
    const unfit = checkServerIdentity(name, found.toLegacyObject());
    const distrusted = socket.authorized ? undefined : String(socket.authorizationError);
    const wrong = unfit === undefined ? distrusted : unfit.message;
    const dated = /EXPIRED|NOT_YET_VALID/.test(distrusted ?? '') && unfit === undefined;
    return {
      name: `certificate of ${endpoint}`,
      subject: `for ${found.subjectAltName ?? found.subject.replaceAll('\n', ', ')}`,
      ...datesOf(found),
      ...(wrong !== undefined && !dated && { wrong }),
    };
  } finally {
    socket.destroy();
  }
}

function read(file: string | undefined): Buffer | undefined {
  return file === undefined ? undefined : readFileSync(file);
}

function shaken(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(new Error(describe(signal.reason)));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    // For good: a server that refuses the client certificate does so after the handshake.
    socket.on('error', reject);
  });
}

function datesOf(cert: X509Certificate): Pick<CertificateSeen, 'fromMs' | 'toMs'> {
  return { fromMs: Date.parse(cert.validFrom), toMs: Date.parse(cert.validTo) };
}
