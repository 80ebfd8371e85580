/**
 * Netlink attributes: pure functions on bytes. Numbers are in the host's order, which is
 * little-endian on every machine that we run on, where the name does not say otherwise: netfilter's
 * are in network order.
 */

/** Type and value. */
export type Attribute = readonly [type: number, value: Uint8Array];

/** Bytes from the kernel that are not what its headers promise. */
export class DecodeError extends Error {
  override name = 'DecodeError';
}

/** linux/netlink.h struct nlattr: u16 length (header included), u16 type; padded to 4 bytes. */
const HEADER_LENGTH = 4;
/** NLA_TYPE_MASK: the two top bits say "nested" and "network order". */
const TYPE_MASK = 0x3fff;
/** NLA_F_NESTED */
const NESTED = 0x8000;

const padded = (length: number): number => (length + 3) & ~3;

/**
 * Encodes attributes, in the order given.
 * @throws RangeError when a value is longer than a length of 16 bits says
 */
export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.map(([type, value]) => {
      const bytes = Buffer.alloc(padded(HEADER_LENGTH + value.length));
      bytes.writeUInt16LE(HEADER_LENGTH + value.length, 0);
      bytes.writeUInt16LE(type, 2);
      bytes.set(value, HEADER_LENGTH);
      return bytes;
    }),
  );
}

/**
 * Yields type and value of each attribute.
 * @throws DecodeError when a length does not fit
 */
export function* decodeAttributes(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  const view = asBuffer(bytes);
  let offset = 0;
  while (offset < view.length) {
    const left = view.length - offset;
    const length = left < HEADER_LENGTH ? 0 : view.readUInt16LE(offset);
    if (length < HEADER_LENGTH || length > left) {
      throw new DecodeError(`attribute of ${length} bytes where ${left} are left`);
    }
    const type = view.readUInt16LE(offset + 2) & TYPE_MASK;
    yield [type, view.subarray(offset + HEADER_LENGTH, offset + length)];
    offset += padded(length);
  }
}

/** An attribute that consists of attributes. */
export function nested(type: number, attributes: readonly Attribute[]): Attribute {
  return [type | NESTED, encodeAttributes(attributes)];
}

/** A u32 value. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A u32 value in network order; a negative number as its two's complement. */
export function u32be(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** A text that ends with a zero byte. */
export function zeroTerminated(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** Reads a u8 value. @throws DecodeError when it has another length */
export function readU8(value: Uint8Array): number {
  if (value.length !== 1) throw new DecodeError(`u8 of ${value.length} bytes`);
  return value[0]!;
}

/** Reads a text that ends with a zero byte. @throws DecodeError when it does not */
export function readString(value: Uint8Array): string {
  if (value.indexOf(0) !== value.length - 1) throw new DecodeError('text without its end');
  return asBuffer(value).toString('utf8', 0, value.length - 1);
}

/** The same bytes with Node's accessors. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
