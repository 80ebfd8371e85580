import { isIP } from 'node:net';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { API_PORT, endpointUrl, parseCustomEndpoint } from '../endpoint/custom.ts';
import type { Draft } from './draft.ts';

/** Field of the facts for the URL that a source has as the endpoint; it is none of an inventory. */
export const ENDPOINT_URL = 'endpoint.url';

/**
 * Finds mode and name from the URL that the sources have: a VIP makes `talosvip`, the first control
 * plane's address `none`, anything else `custom`, unless a source says the mode.
 * @throws OperatorError where an inventory would make another URL of it
 */
export function inferEndpoint(draft: Draft): void {
  const vips = draft.list('vips').map(({ value }) => value);
  const url = draft.take(ENDPOINT_URL);
  if (url === undefined) {
    const [vip] = draft.list('vips');
    if (vip !== undefined && draft.said('endpoint.mode') === undefined) {
      draft.say('endpoint.mode', 'talosvip', vip.where);
    }
    return;
  }
  const { where } = url;
  const parsed = parseCustomEndpoint(String(url.value));
  if (refused(parsed)) throw refusal(url, parsed.problem, parsed.remedy);
  const { host, port } = parsed.value;
  const first = draft.nodesOf('controlplane')[0]?.said('address')?.value;
  const mode = draft.said('endpoint.mode')?.value;
  if (mode === 'custom') return;
  if (mode === undefined && vips.length === 0 && (host !== first || port !== API_PORT)) {
    draft.say('endpoint.mode', 'custom', where);
    draft.add('endpoint.custom', endpointUrl(parsed.value), where);
    return;
  }
  draft.say('endpoint.mode', mode ?? (vips.length > 0 ? 'talosvip' : 'none'), where);
  if (port !== API_PORT) {
    const problem = `has the port ${port}, which only the mode custom can have`;
    throw refusal(url, problem, `give the endpoint the port ${API_PORT} first, or do without VIP`);
  }
  if (isIP(host) === 0) draft.say('dnsName', host, where);
  else noteOther(draft, host, where);
}

function noteOther(draft: Draft, host: string, where: string): void {
  const mode = draft.said('endpoint.mode')?.value;
  const list = mode === 'talosvip' ? 'vips' : 'endpoint.loadBalancerIps';
  const own = draft.list(list).map(({ value }) => value);
  const first = draft.nodesOf('controlplane')[0]?.said('address')?.value;
  if (mode === 'none' ? host === first : own.includes(host)) return;
  draft.note(
    `${where} = ${JSON.stringify(host)}: the mode ${String(mode)} gives another endpoint; what is ` +
      'rendered will change it (service account tokens of old issuers end with it)',
  );
}

function refusal(
  { value, where }: { value: unknown; where: string },
  problem: string,
  remedy: string,
): OperatorError {
  return new OperatorError(
    `${where} = ${JSON.stringify(value)}: ${problem}; ${remedy}`,
    ExitCode.usage,
  );
}
