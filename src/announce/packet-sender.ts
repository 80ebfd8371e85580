import { constants } from 'node:os';
import { SystemError, closeFd } from '../libc.ts';
import { openPacketSocket, sendPacket } from '../network/packet-socket.ts';
import type { FrameSender } from './types.ts';

/** Sends frames through one AF_PACKET socket, on any link of the namespace where it was opened. */
export class PacketSender implements FrameSender {
  #fd: number | undefined;

  /** Use `openPacketSender`. @param fd a raw packet socket, closed by `close` */
  constructor(fd: number) {
    this.#fd = fd;
  }

  send(linkIndex: number, frame: Uint8Array): void {
    // The number of a closed descriptor may be another file's by now.
    if (this.#fd === undefined) throw new SystemError('sendto', constants.errno.EBADF);
    sendPacket(this.#fd, linkIndex, frame);
  }

  close(): void {
    if (this.#fd === undefined) return;
    closeFd(this.#fd);
    this.#fd = undefined;
  }
}

/**
 * Opens a sender. Its socket receives nothing, so no buffer fills up unread.
 * @throws SystemError EPERM without CAP_NET_RAW
 */
export function openPacketSender(): PacketSender {
  return new PacketSender(openPacketSocket(0, 'raw'));
}
