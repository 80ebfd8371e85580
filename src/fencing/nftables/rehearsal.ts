/** The fence made on trial, for one who wants to know what the kernel can do and change nothing. */
import { randomBytes } from 'node:crypto';
import type { NftMessage, Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import { attachLink, isUnknown } from './egress.ts';
import { changeSets, tablesNamed } from './fence-sets.ts';
import type { FencedAddress, Tables } from './fence-sets.ts';
import { makeRuleset } from './ruleset.ts';
import { addElements, renewElements } from './set.ts';
import { addNewTable, removeTable } from './table.ts';

/** What the kernel can do of the fence. */
export interface FenceAbility {
  /** All of it that a daemon needs (`FenceTable.open`). */
  readonly fence: boolean;
  /** Also frames that the daemon itself sends too late (Linux ≥ 5.16 with CONFIG_NETFILTER_EGRESS). */
  readonly egress: boolean;
  /** The kernel's answer, when it cannot. */
  readonly refusal?: NetworkError;
}

/** RFC 5737 and RFC 3849: nobody has them, and nobody is ever shut by what is rolled back. */
const EXAMPLES: readonly FencedAddress[] = [
  { family: 4, address: '192.0.2.1' },
  { family: 6, address: '2001:db8::1' },
];
const TIMEOUT_MS = 1000;
/** Every network namespace has it, with this index. */
const LOOPBACK = { index: 1, name: 'lo' };

/**
 * Has the kernel make the whole fence under another name, in a batch whose last change must fail: it
 * looks at everything, loads the modules it needs, as for a daemon, and takes all back. No packet, no
 * listing and no `nft monitor` ever sees any of it, nor does the generation count, so a daemon beside
 * us is not disturbed, but by waiting for its turn, for which it looks at the clock again
 * (`NftablesGuard.open`): 8 to 17 ms were measured, up to 80 ms on a busy machine, since the kernel waits
 * for all of its CPUs while it takes a batch back.
 * @throws NetworkError `EPERM` without CAP_NET_ADMIN; whatever else says nothing of the kernel's parts
 */
export function rehearse(nftables: Nftables): FenceAbility {
  const refusal = refusalOf(nftables, true);
  if (refusal === undefined) return { fence: true, egress: true };
  const without = refusalOf(nftables, false);
  return without === undefined
    ? { fence: true, egress: false }
    : { fence: false, egress: false, refusal: without };
}

/** What the kernel says to the fence; undefined: it would take it. @throws NetworkError */
function refusalOf(nftables: Nftables, egress: boolean): NetworkError | undefined {
  const tables = tablesNamed(`vip-elector-check-${randomBytes(8).toString('hex')}`);
  try {
    nftables.commit('rehearse the fence', [
      ...fence(tables, egress),
      // It was made by this very batch: no other change of it can fail for this reason.
      addNewTable(tables.arp),
    ]);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    if (error.code === 'EEXIST') return undefined;
    if (isUnknown(error)) return error;
    throw error;
  }
  // No kernel does this; if one did, what it made would shut nothing. It must not stay all the same.
  const made = egress ? Object.values(tables) : [tables.arp, tables.inet];
  nftables.commit('remove the rehearsed fence', made.flatMap(removeTable));
  return undefined;
}

function fence(within: Tables, egress: boolean): NftMessage[] {
  const shared = { egress, within };
  return [
    ...makeRuleset(egress, within),
    ...(egress ? attachLink(LOOPBACK, within) : []),
    ...changeSets(EXAMPLES, { ...shared, kind: 'managed', change: addElements }),
    ...changeSets(EXAMPLES, {
      ...shared,
      kind: 'held',
      change: renewElements,
      timeoutMs: TIMEOUT_MS,
    }),
  ];
}
