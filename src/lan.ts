import { Announcer } from './announce/announcer.ts';
import { openNeighbourSender } from './announce/neighbour-sender.ts';
import { Neighbourhood } from './announce/neighbourhood.ts';
import { openPacketSender } from './announce/packet-sender.ts';
import type { Neighbours } from './announce/types.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/types.ts';
import { Keys } from './election/keys.ts';
import { Roster, type Owner } from './election/roster.ts';
import type { Store } from './election/store.ts';
import type { Emit } from './events.ts';
import type { Opened } from './opened.ts';

interface LanParts {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The fence: whether the group may be held at this very moment. */
  readonly mayAnnounce: (group: string) => boolean;
}

/** What is said to the other stations of the LAN, and heard from them. */
export interface Lan {
  readonly announcer: Announcer;
  readonly neighbours: Neighbours;
  /** Whose link has this MAC. */
  readonly ownerOf: (mac: string) => Promise<Owner>;
}

/** Whether IPv6 is to be announced. */
export function hasIPv6(groups: Config['groups']): boolean {
  return groups.some(({ vips }) => vips.some(({ family }) => family === 6));
}

/**
 * Opens the sockets to the LAN. Nothing is sent or heard yet.
 * @throws SystemError, OperatorError when one cannot be opened
 */
export function openLan(
  { config, store, clock, emit, mayAnnounce }: LanParts,
  opened: Opened,
): Lan {
  const sender = openPacketSender();
  opened.add(() => sender.close());
  const advertiser = hasIPv6(config.groups) ? openNeighbourSender() : undefined;
  opened.add(() => advertiser?.close());
  const neighbours = new Neighbourhood({ sender, neighbours: advertiser }, emit);
  opened.add(() => neighbours.close());
  const { announceEveryMs } = config.timing;
  const announcer = new Announcer(
    { clock, sender, neighbours: advertiser, mayAnnounce, emit },
    { everyMs: announceEveryMs },
  );
  const roster = new Roster(store, clock, new Keys(config.prefix));
  return { announcer, neighbours, ownerOf: (mac) => roster.ownerOf(mac) };
}
