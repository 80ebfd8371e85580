/** What the instruments read of ARP and of neighbour discovery alike. */
export interface NeighbourFrame {
  readonly kind: 'request' | 'reply';
  /** Ethernet destination. */
  readonly destination: string;
  /** The station that is said to have `senderIp`. */
  readonly senderMac: string;
  /** Of a reply: the address that was asked for. Canonical text. */
  readonly senderIp: string;
  /** Of a reply: the address of who asked. Canonical text. */
  readonly targetIp: string;
}

export function macText(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (octet) =>
    octet.toString(16).padStart(2, '0'),
  ).join(':');
}

/** @param mac `aa:bb:cc:dd:ee:ff` */
export function octetsOfMac(mac: string): number[] {
  return mac.split(':').map((octet) => Number.parseInt(octet, 16));
}
