/** https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/: the file format that every analyser reads. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const SNAP_LENGTH = 65_535;
const LINKTYPE_ETHERNET = 1;

/** A frame and when it was seen, in milliseconds of any clock, with a fraction. */
export interface CapturedFrame {
  readonly at: number;
  /** Hexadecimal. */
  readonly frame: string;
}

/** The frames as a capture file, in their order. */
export function pcapFile(frames: readonly CapturedFrame[]): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
  return Buffer.concat([header, ...frames.flatMap(record)]);
}

function record({ at, frame }: CapturedFrame): [Buffer, Buffer] {
  const bytes = Buffer.from(frame, 'hex');
  const header = Buffer.alloc(RECORD_HEADER_LENGTH);
  const seconds = Math.floor(at / 1000);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(Math.floor((at - seconds * 1000) * 1e6), 4);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(bytes.length, 12);
  return [header, bytes];
}
