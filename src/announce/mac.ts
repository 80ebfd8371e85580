/** Bytes in an Ethernet address. */
export const MAC_LENGTH = 6;

/** @param mac `aa:bb:cc:dd:ee:ff` @throws RangeError when it is not */
export function macBytes(mac: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw new RangeError(`not an Ethernet address: ${JSON.stringify(mac)}`);
  }
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** Six bytes as `aa:bb:cc:dd:ee:ff`. */
export function macText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/..\B/g, '$&:');
}
