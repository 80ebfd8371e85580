import type { Reason } from '../events.ts';
import { chooseLink, type LinkChoice } from '../network/link-choice.ts';
import type { NetworkMonitor } from '../network/monitor.ts';
import type { Link } from '../network/types.ts';
import type { Fault } from './machine.ts';
import type { VipGroup } from './types.ts';

const REASON_OF: Record<Exclude<LinkChoice['kind'], 'ok'>, Reason> = {
  missing: 'link-missing',
  'no-carrier': 'link-down',
  'no-address': 'link-missing',
  'foreign-address': 'foreign-address',
};

/** What the links of the host mean for a group. */
export interface LinkLook {
  /** The link that the group is on, or would go on. */
  readonly link: Link | undefined;
  readonly fault: Fault | undefined;
}

/**
 * Looks for a link for the group.
 * @param current the link that it is on: it stays there while that will do
 */
export function lookForLink(
  monitor: Pick<NetworkMonitor, 'links' | 'addresses'>,
  group: VipGroup,
  current: Link | undefined,
): LinkLook {
  const { links, addresses } = monitor;
  const same = links.find(({ index }) => index === current?.index);
  if (current !== undefined && same === undefined) {
    const detail = `link ${current.name} is gone`;
    return { link: undefined, fault: { reason: 'link-missing', detail } };
  }
  const wanted = same === undefined ? group.links : [same.name];
  const choice = chooseLink(links, addresses, wanted, group.vips);
  if (choice.kind === 'ok') return { link: choice.link, fault: undefined };
  const link = choice.kind === 'missing' ? undefined : choice.link;
  return { link, fault: { reason: REASON_OF[choice.kind], detail: choice.detail } };
}
