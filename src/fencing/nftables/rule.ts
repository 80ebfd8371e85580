/** Rules of nf_tables: messages that change them. */
import { encodeAttributes, nested, zeroTerminated } from '../../network/attributes.ts';
import type { NftMessage } from '../../network/nfnetlink.ts';
import type { Expression } from './expression.ts';
import { FAMILY, NLM_F_APPEND, NLM_F_CREATE } from './table.ts';
import type { Table } from './table.ts';

const NFT_MSG_NEWRULE = 6;
const NFT_MSG_DELRULE = 8;
const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_EXPRESSIONS = 4;

/** Gives a chain these rules in place of those that it has. */
export function setRules(
  table: Table,
  chain: string,
  rules: readonly (readonly Expression[])[],
): NftMessage[] {
  const family = FAMILY[table.family];
  const place: [number, Uint8Array][] = [
    [NFTA_RULE_TABLE, zeroTerminated(table.name)],
    [NFTA_RULE_CHAIN, zeroTerminated(chain)],
  ];
  // No handle: all rules of the chain; none is no error.
  const flush = { type: NFT_MSG_DELRULE, family, flags: 0, attributes: encodeAttributes(place) };
  const added = rules.map((rule) => ({
    type: NFT_MSG_NEWRULE,
    family,
    flags: NLM_F_CREATE | NLM_F_APPEND,
    attributes: encodeAttributes([...place, nested(NFTA_RULE_EXPRESSIONS, rule)]),
  }));
  return [flush, ...added];
}
