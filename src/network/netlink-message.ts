import { asBuffer } from './attributes.ts';

/** A netlink message without its header. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** linux/netlink.h struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
const HEADER_LENGTH = 16;

/**
 * Encodes a message with its header.
 * @param body padded to 4 bytes, as encoded attributes are
 */
export function encodeMessage(type: number, flags: number, seq: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32LE(HEADER_LENGTH + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(seq, 8);
  // Port 0: the kernel fills in the socket's.
  return Buffer.concat([header, body]);
}

/** Yields the messages of a datagram, up to the first whose length does not fit. */
export function* decodeMessages(datagram: Uint8Array): Generator<NetlinkMessage> {
  const bytes = asBuffer(datagram);
  for (let offset = 0; offset + HEADER_LENGTH <= bytes.length;) {
    const length = bytes.readUInt32LE(offset);
    if (length < HEADER_LENGTH || offset + length > bytes.length) return;
    yield {
      type: bytes.readUInt16LE(offset + 4),
      flags: bytes.readUInt16LE(offset + 6),
      seq: bytes.readUInt32LE(offset + 8),
      data: bytes.subarray(offset + HEADER_LENGTH, offset + length),
    };
    // Padded to 4 bytes.
    offset += (length + 3) & ~3;
  }
}
