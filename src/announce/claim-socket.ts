import { attachFilter, closeFd, watchReadable } from '../libc.ts';
import { bindPacketSocket, openPacketSocket, receivePacket } from '../network/packet-socket.ts';
import type { ReceivedPacket } from '../network/packet-socket.ts';

/** Frames taken before the loop may do other things: whoever floods us must not stop our heartbeats. */
const FRAMES_AT_ONCE = 64;

interface ClaimSocketOptions {
  /** Of the frames that are received. */
  readonly etherType: number;
  readonly onFrame: (packet: ReceivedPacket) => void;
  /** A frame could not be taken. */
  readonly onFailed: (error: unknown) => void;
}

/** A packet socket that is open only while it has a filter, which says in the kernel what wakes us. */
export class ClaimSocket {
  readonly #options: ClaimSocketOptions;
  #socket: { readonly fd: number; readonly unwatch: () => void } | undefined;

  constructor(options: ClaimSocketOptions) {
    this.#options = options;
  }

  /**
   * Receives what this program accepts, on every link, in place of what it received before.
   * @throws SystemError; then nothing is received any more
   */
  receive(program: Uint8Array): void {
    try {
      this.#socket ??= this.#open();
      attachFilter(this.#socket.fd, program);
      bindPacketSocket(this.#socket.fd, this.#options.etherType, 0);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Receives nothing until it is bound to a protocol, so nothing passes before the filter is there. */
  #open(): { fd: number; unwatch: () => void } {
    const fd = openPacketSocket(0, 'raw');
    return { fd, unwatch: watchReadable(fd, () => this.#read()) };
  }

  /** Receives nothing from now on, until told again. Idempotent. */
  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.unwatch();
    closeFd(socket.fd);
  }

  #read(): void {
    for (let count = 0; count < FRAMES_AT_ONCE; count += 1) {
      // Whoever was told of a frame may have closed us.
      if (this.#socket === undefined) return;
      let packet;
      try {
        packet = receivePacket(this.#socket.fd);
      } catch (error) {
        this.#options.onFailed(error);
        return;
      }
      if (packet === undefined) return;
      this.#options.onFrame(packet);
    }
  }
}
