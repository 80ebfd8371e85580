import ipaddr from 'ipaddr.js';
import { SENDER_IP_OFFSET } from './arp.ts';

/** linux/bpf_common.h: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K. */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** struct sock_filter: u16 code, u8 jump if true, u8 if false, u32 operand. */
const INSTRUCTION_LENGTH = 8;
/** linux/bpf_common.h BPF_MAXINSNS is 4096; two for each address, and two more. */
const ADDRESSES_MAX = 2046;
const ALL = 0xff_ff;

function instruction(code: number, operand: number, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_LENGTH);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

/**
 * A BPF program for whole ARP frames that accepts those whose sender claims one of these addresses: the
 * kernel drops all others before they wake anybody.
 * @param addresses dotted quads; of more than 2046 it accepts every frame
 */
export function claimFilter(addresses: readonly string[]): Uint8Array {
  if (addresses.length > ADDRESSES_MAX) return instruction(RETURN, ALL);
  const tests = addresses.flatMap((address) => {
    const value = Buffer.from(ipaddr.IPv4.parse(address).toByteArray()).readUInt32BE(0);
    return [instruction(JUMP_IF_EQUAL, value, 1), instruction(RETURN, ALL)];
  });
  return Buffer.concat([
    instruction(LOAD_WORD, SENDER_IP_OFFSET),
    ...tests,
    instruction(RETURN, 0),
  ]);
}
