import { isIPv4 } from 'node:net';
import { refused, type Parsed } from './parsed.ts';
import { parseProgram } from './values.ts';

/** One probe as it is asked for. `text`: as the operator wrote it. */
export type ProbeConfig = { readonly text: string } & (
  | {
      /** Answers with a status below 400. */
      readonly kind: 'http';
      readonly url: string;
      /** PEM file; undefined: those of the system. */
      readonly caFile?: string | undefined;
      /** Sent and checked instead of the URL's host. */
      readonly serverName?: string | undefined;
    }
  | {
      /** Accepts a connection. */
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
    }
  | {
      /** Exits with 0. */
      readonly kind: 'exec';
      readonly program: string;
    }
  | {
      /** Answers to ARP: an IPv4 neighbour, such as the gateway of the clients. */
      readonly kind: 'arp';
      readonly address: string;
    }
);

/**
 * Kubernetes: the API server of this very node. kubeadm's certificates have no 127.0.0.1, but always
 * this name; its CA is world-readable there.
 */
const KUBERNETES = {
  kind: 'http',
  url: 'https://127.0.0.1:6443/livez',
  caFile: '/etc/kubernetes/pki/ca.crt',
  serverName: 'kubernetes',
} as const;

const EXAMPLES = 'https://127.0.0.1:6443/livez, tcp://127.0.0.1:80, exec:/PROGRAM or arp:10.0.0.1';

/** A probe: a URL, `exec:/program`, `arp:address` or a preset's name. */
export function parseProbe(text: string): Parsed<ProbeConfig> {
  if (text === 'kubernetes') return { value: { text, ...KUBERNETES } };
  const [, kind, rest = ''] = /^(https?|tcp|exec|arp):(.*)$/s.exec(text) ?? [];
  if (kind === 'arp') {
    if (isIPv4(rest)) return { value: { text, kind, address: rest } };
    return { problem: 'names no IPv4 address', remedy: 'write one like arp:10.0.0.1' };
  }
  if (kind === 'exec') {
    const program = parseProgram(rest);
    return refused(program) ? program : { value: { text, kind, program: program.value } };
  }
  if (kind !== undefined) return parseUrl(text, kind);
  const bare = /^[\w.[\]:-]+(\/.*)?$/.test(text) && /[.:]/.test(text) && !text.includes('://');
  if (!bare) return { problem: 'is no probe', remedy: `write one like ${EXAMPLES}` };
  const remedy = `write http://${text}, https://${text} or tcp://${text}`;
  return { problem: 'has no scheme', remedy };
}

function parseUrl(text: string, kind: string): Parsed<ProbeConfig> {
  const remedy = `write one like ${EXAMPLES}`;
  const url = /^[a-z]+:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return { problem: 'is no URL', remedy };
  if (url.username !== '' || url.password !== '') {
    const better = 'leave it out: it would stand in every log';
    return { problem: 'contains a user or password', remedy: better };
  }
  if (kind !== 'tcp') return { value: { text, kind: 'http', url: url.href } };
  const port = Number(url.port);
  if (url.port === '' || port === 0) return { problem: 'names no port', remedy };
  if (!['', '/'].includes(url.pathname) || url.search !== '') {
    return { problem: 'has something behind its port', remedy };
  }
  return { value: { text, kind, host: url.hostname.replace(/^\[|\]$/g, ''), port } };
}
