import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Finding } from '../check/finding.ts';
import { fail, ok, warn } from '../check/finding.ts';
import { ExitCode, OperatorError } from '../errors.ts';

/** Of a context of a talosconfig only what is looked at: its keys are secrets. */
export interface TalosContext {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
}

export interface LintOptions {
  readonly vips: readonly string[];
  /** Own addresses of the control planes; empty: not known. */
  readonly planes: readonly string[];
  /** A VIP is tolerated where control planes stand beside it. */
  readonly allowVip: boolean;
  /** Addresses of a name; empty where it has none. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
}

/** @throws OperatorError naming the file, never its text */
export function parseTalosconfig(text: string, path: string): Document {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length === 0 && isMap(document.get('contexts'))) return document;
  throw new OperatorError(`${path}: is no talosconfig: it has no contexts`, ExitCode.usage);
}

export function contextsOf(document: Document): TalosContext[] {
  const contexts = document.get('contexts');
  if (!isMap(contexts)) return [];
  return contexts.items.map(({ key }) => {
    const name = String(key);
    const list = (field: string): string[] => {
      const found = document.getIn(['contexts', name, field]);
      return isSeq(found) ? found.items.map(String) : [];
    };
    return { name, endpoints: list('endpoints'), nodes: list('nodes') };
  });
}

/** What is wrong with the endpoints: a VIP is gone just when Talos is needed to repair etcd. */
export async function lintContext(context: TalosContext, options: LintOptions): Promise<Finding[]> {
  const { endpoints, nodes, name } = context;
  const label = `context ${name}`;
  const remedy = 'name the control planes themselves: --fix';
  if (endpoints.length === 0) return [fail(label, 'has no endpoints', remedy)];
  const virtual = await asVips(endpoints, options);
  const real = endpoints.filter((one) => !virtual.has(one));
  const findings = [...virtual].map(([endpoint, vip]) => {
    const said = `endpoint ${endpoint} is the VIP${endpoint === vip ? '' : ` ${vip}`}`;
    if (options.allowVip && real.length > 0)
      return warn(label, `${said}, with others beside`, remedy);
    return fail(label, `${said}: Talos cannot be reached when etcd or the API is down`, remedy);
  });
  for (const [node] of await asVips(nodes, options)) {
    findings.push(warn(label, `node ${node} is a VIP: now this machine, now that`, remedy));
  }
  const { planes } = options;
  const strangers = planes.length === 0 ? [] : real.filter((one) => isIP(hostOf(one)) !== 0);
  for (const one of strangers.filter((one) => !planes.includes(canonical(one)))) {
    findings.push(warn(label, `endpoint ${one} is no control plane of the inventory`, remedy));
  }
  return findings.length > 0 ? findings : [ok(label, `endpoints ${endpoints.join(', ')}`)];
}

/** Puts the control planes in the place of the endpoints; with `allowVip` behind them. */
export function fixTalosconfig(
  document: Document,
  planes: readonly string[],
  { vips, allowVip }: Pick<LintOptions, 'vips' | 'allowVip'>,
): void {
  for (const { name, endpoints, nodes } of contextsOf(document)) {
    const kept = allowVip ? endpoints.filter((one) => vips.includes(canonical(one))) : [];
    document.setIn(['contexts', name, 'endpoints'], document.createNode([...kept, ...planes]));
    if (nodes.some((one) => vips.includes(canonical(one)))) {
      const real = nodes.filter((one) => !vips.includes(canonical(one)));
      const own = real.length > 0 ? real : planes.slice(0, 1);
      document.setIn(['contexts', name, 'nodes'], document.createNode(own));
    }
  }
}

/** The addresses of a name, as this machine resolves it. */
export async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return []; // A name without an address is no VIP, and talosctl says the rest.
  }
}

/** Those that are a VIP, or a name of one, with the VIP. */
async function asVips(
  places: readonly string[],
  { vips, resolve }: LintOptions,
): Promise<Map<string, string>> {
  const found = await Promise.all(
    places.map(async (place) => {
      const host = hostOf(place);
      const addresses = isIP(host) === 0 ? await resolve(host) : [canonical(place)];
      return [place, addresses.find((one) => vips.includes(one))] as const;
    }),
  );
  return new Map(found.flatMap(([place, vip]) => (vip === undefined ? [] : [[place, vip]])));
}

/** `10.4.0.9`, `10.4.0.9:50000`, `[fd00::9]:50000`, a name, each also with its scheme. */
function hostOf(endpoint: string): string {
  const rest = endpoint.replace(/^https?:\/\//, '');
  if (isIP(rest) !== 0) return rest;
  return rest.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
}

function canonical(endpoint: string): string {
  const host = hostOf(endpoint);
  return ipaddr.isValid(host) ? ipaddr.parse(host).toString() : host;
}
