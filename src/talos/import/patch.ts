import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../document/machine-config.ts';
import type { Draft } from './draft.ts';
import type { Facts } from './facts.ts';
import type { FoundVip } from './vip-parts.ts';
import { findVips, withoutVips } from './vip-parts.ts';

/** A patch without the VIPs that were in it. */
export interface SplitPatch {
  readonly vips: readonly FoundVip[];
  /** Undefined where it held nothing else. */
  readonly rest: string | undefined;
}

/**
 * Takes the VIPs out of a patch.
 * @param where it stands, for messages
 */
export function splitPatch(draft: Draft, text: string, where: string): SplitPatch {
  let config: MachineConfig;
  try {
    config = MachineConfig.parse(text, where);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    // A JSON patch, a template, text of SOPS: it stays what it is.
    if (/\bvip\b|VIPConfig/i.test(text)) {
      draft.note(
        `${where}: is no patch that is read here, and may hold a VIP; it is kept as it is`,
      );
    }
    return { vips: [], rest: text };
  }
  const vips = findVips(config);
  return { vips, rest: vips.length === 0 ? text : withoutVips(config) };
}

/**
 * Puts a VIP into the draft.
 * @param nodes that are to hold it
 * @param common link of all control planes: then it is not said for each
 * @throws OperatorError for the VIPs of a cloud's API
 */
export function addVip(
  draft: Draft,
  found: FoundVip,
  nodes: readonly Facts[],
  isCommon: boolean,
): void {
  const { ip, where, cloud, link, mac, selector, vlan, dhcp } = found;
  if (cloud !== undefined) {
    throw new OperatorError(
      `${where} = ${JSON.stringify(ip)}: ${cloud} moves this VIP through its API, with a token; ` +
        'an inventory has VIPs of layer 2 only: keep its patch by hand',
      ExitCode.usage,
    );
  }
  draft.add('vips', ip, where);
  if (selector !== undefined) {
    draft.note(
      `${where}: its link is selected by ${selector}; write link or mac for each control plane`,
    );
  }
  if (isCommon) draft.say('vipLink', link, where);
  for (const facts of nodes) {
    // A machine with a link of its own has its own addresses there, too.
    if (isCommon && (facts.said('link') ?? facts.said('mac')) !== undefined) continue;
    if (!isCommon) facts.say('link', link, where);
    facts.say('mac', mac, where);
    facts.say('vlan', vlan, where);
    facts.say('dhcp', dhcp, where);
  }
}
