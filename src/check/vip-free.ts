import { ArpAsker } from '../announce/arp-asker.ts';
import type { Clock } from '../clock.ts';
import type { GroupConfig } from '../config/types.ts';
import { sameAddress } from '../network/address.ts';
import { chooseLink } from '../network/link-choice.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import type { NetworkSeen } from './group.ts';

/** RFC 5227 §1.1 asks three times over 1 to 2 s each; half a second finds a station that is awake. */
const ASKS = 3;
const ASK_EVERY_MS = 150;
const HEAR_EVERY_MS = 10;

/** What the LAN and etcd say of a VIP. */
export interface VipSeen {
  readonly group: string;
  readonly vip: string;
  /** Of the station that answers for it; undefined: none does. */
  readonly mac: string | undefined;
  /** The node that holds its group by etcd's record; null: nobody; undefined: etcd was not read. */
  readonly holder: string | null | undefined;
}

/** Whether somebody answers for a VIP who has no right to. */
export function judgeVipFree({ group, vip, mac, holder }: VipSeen): Finding {
  const name = `VIP ${vip}`;
  if (mac === undefined) {
    return ok(name, `nobody on the LAN answers for it${holder ? `, not even ${holder}` : ''}`);
  }
  if (holder) return ok(name, `${mac} answers for it: ${holder} holds group ${group} by etcd`);
  if (holder === undefined) {
    return warn(
      name,
      `${mac} answers for it, and etcd does not tell whether one of our nodes holds it`,
      'see which station that is (ip neighbour, the switch), and the line of etcd',
    );
  }
  return fail(
    name,
    `${mac} answers for it, and none of our nodes holds group ${group} by etcd`,
    'find that station and take the address from it, or choose another VIP',
  );
}

/**
 * Asks the LAN for the IPv4 addresses of a group that are not on this host.
 * @returns the station that answers, by VIP; nothing for what cannot be asked
 * @throws SystemError without CAP_NET_RAW
 */
export async function askForVips(
  group: GroupConfig,
  { links, addresses }: NetworkSeen,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep'>; readonly signal: AbortSignal },
): Promise<Map<string, string | undefined>> {
  const choice = chooseLink(links, addresses, group.links, group.vips);
  if (choice.kind !== 'ok') return new Map();
  const { link } = choice;
  const away = group.vips.filter(
    (vip) => vip.family === 4 && !addresses.some((address) => sameAddress(address, vip)),
  );
  const own = addresses.find(
    (each) => each.linkIndex === link.index && each.family === 4 && !each.ours,
  );
  using asker = new ArpAsker({
    index: link.index,
    mac: link.mac,
    address: own?.address ?? '0.0.0.0',
  });
  const found = new Map<string, string | undefined>(
    away.map(({ address }) => [address, undefined]),
  );
  for (let asked = 0; asked < ASKS; asked += 1) {
    const silent = [...found].filter(([, mac]) => mac === undefined).map(([vip]) => vip);
    for (const vip of silent) asker.ask(vip);
    for (let waited = 0; waited < ASK_EVERY_MS && silent.length > 0; waited += HEAR_EVERY_MS) {
      await clock.sleep(HEAR_EVERY_MS, signal);
      for (const [vip, mac] of asker.stations()) if (found.has(vip)) found.set(vip, mac);
    }
  }
  return found;
}
