import ipaddr from 'ipaddr.js';
import { SENDER_IP_OFFSET } from './arp.ts';
import { ICMP_AT, ICMPV6, NEXT_HEADER_AT, SOURCE_IP_AT, TARGET_TAIL_AT } from './ndp-frame.ts';
import { NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION } from './ndp.ts';

/** linux/bpf_common.h: BPF_LD | BPF_ABS with BPF_W or BPF_B, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K. */
const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** struct sock_filter: u16 code, u8 jump if true, u8 if false, u32 operand. */
const INSTRUCTION_LENGTH = 8;
/** linux/bpf_common.h BPF_MAXINSNS is 4096; two for each address, and room for the rest. */
const ADDRESSES_MAX = 2040;
const ALL = 0xff_ff;

function instruction(code: number, operand: number, ifFalse = 0, ifTrue = 0): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_LENGTH);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

const DROP = instruction(RETURN, 0);

/** Advertisements, and solicitations from the unspecified address: what is left reads the target. */
const NDP_CLAIMS: readonly Buffer[] = [
  instruction(LOAD_BYTE, NEXT_HEADER_AT),
  instruction(JUMP_IF_EQUAL, ICMPV6, 0, 1),
  DROP,
  instruction(LOAD_BYTE, ICMP_AT),
  instruction(JUMP_IF_EQUAL, NEIGHBOUR_ADVERTISEMENT, 0, 5),
  instruction(JUMP_IF_EQUAL, NEIGHBOUR_SOLICITATION, 0, 1),
  DROP,
  // Clients ask for the VIP all the time, from addresses of their own: those do not begin with zeros.
  instruction(LOAD_WORD, SOURCE_IP_AT),
  instruction(JUMP_IF_EQUAL, 0, 0, 1),
  DROP,
];

/**
 * A BPF program for whole frames that accepts those that claim one of these addresses: the kernel drops
 * all others before they wake anybody. For IPv4 it reads ARP frames; for IPv6 frames of IPv6, of whose
 * targets it compares the last 32 bits, so that a few others may pass.
 * @param addresses all of that family; of more than 2040 it accepts every frame
 */
export function claimFilter(family: 4 | 6, addresses: readonly string[]): Uint8Array {
  if (addresses.length > ADDRESSES_MAX) return instruction(RETURN, ALL);
  const tests = addresses.flatMap((address) => {
    const value = Buffer.from(ipaddr.parse(address).toByteArray().slice(-4)).readUInt32BE(0);
    return [instruction(JUMP_IF_EQUAL, value, 1), instruction(RETURN, ALL)];
  });
  const at = family === 4 ? SENDER_IP_OFFSET : TARGET_TAIL_AT;
  const before = family === 4 ? [] : NDP_CLAIMS;
  return Buffer.concat([...before, instruction(LOAD_WORD, at), ...tests, DROP]);
}
