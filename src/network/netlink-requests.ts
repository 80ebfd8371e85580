import { codeOf, readErrno } from './netlink-errno.ts';
import { decodeMessages } from './netlink-message.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { NetworkError } from './network-error.ts';

/** What is called of the package's socket. */
export interface RequestSocket {
  /** The layer below, which hands out datagrams. */
  readonly socket: {
    on(event: 'message', listener: (datagram: Buffer) => void): unknown;
    off(event: 'message', listener: (datagram: Buffer) => void): unknown;
  };
  generateSeq(): number;
  request(
    type: number,
    data: Uint8Array,
    options: { seq: number; flags: number; timeout: number; checkError: false },
  ): Promise<[NetlinkMessage[], { readonly port: number }]>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): void;
}

/** linux/netlink.h */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP_INTR = 0x10;

/** The kernel answers within its own system call; longer than this means that it will not. */
const TIMEOUT_MS = 1000;

/** The reply to a request. `interrupted`: the tables changed while the kernel listed them. */
export interface Reply {
  readonly messages: readonly NetlinkMessage[];
  readonly interrupted: boolean;
}

/**
 * Requests over one netlink socket, at most `limit` under way: 1 for listings, which the package
 * cannot tell apart when they mingle; more for changes, as many as acknowledgements fit into the
 * socket's buffer, beyond which the kernel drops them.
 */
export class NetlinkRequests {
  readonly #open: () => RequestSocket;
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  readonly #closing: (() => void)[] = [];
  #socket: RequestSocket | undefined;
  #underWay = 0;
  #closed = false;

  constructor(open: () => RequestSocket, limit: number) {
    this.#open = open;
    this.#limit = limit;
  }

  /**
   * Sends one request and waits for its acknowledgement or the end of its listing.
   * @param what for the error's message
   * @throws NetworkError
   */
  async request(what: string, type: number, flags: number, body: Uint8Array): Promise<Reply> {
    if (this.#underWay >= this.#limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#underWay += 1;
    }
    try {
      if (this.#closed) throw new NetworkError(what, 'CLOSED');
      return await this.#exchange(what, type, flags, body);
    } finally {
      this.#done();
    }
  }

  /** Refuses new requests, waits for those under way, closes the socket. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#closing.push(resolve));
    this.#drop(this.#socket);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Gives the place of a request to the next one. */
  #done(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#underWay -= 1;
    if (this.#underWay === 0) for (const resolve of this.#closing.splice(0)) resolve();
  }

  async #exchange(what: string, type: number, flags: number, body: Uint8Array): Promise<Reply> {
    const socket = this.#connected(what);
    const seq = socket.generateSeq();
    // The package keeps the end of a listing to itself, and with it errors on the way.
    let end = { errno: 0, flags: 0 };
    const onDatagram = (datagram: Buffer): void => {
      for (const message of decodeMessages(datagram)) {
        if (message.type !== NLMSG_DONE || message.seq !== seq) continue;
        end = { errno: readErrno(message.data), flags: message.flags };
      }
    };
    // Changes are many at once, and have no end of a listing.
    const isListing = this.#limit === 1;
    if (isListing) socket.socket.on('message', onDatagram);
    try {
      const options = { seq, flags, timeout: TIMEOUT_MS, checkError: false } as const;
      const [messages, from] = await socket.request(type, body, options);
      if (from.port !== 0) throw new NetworkError(what, 'EBADMSG');
      const [first] = messages;
      const errno = first?.type === NLMSG_ERROR ? readErrno(first.data) : end.errno;
      if (errno !== 0) throw new NetworkError(what, codeOf(errno));
      const interrupted = [end, ...messages].some((part) => (part.flags & NLM_F_DUMP_INTR) !== 0);
      return { messages: messages.filter((part) => part.type !== NLMSG_ERROR), interrupted };
    } catch (error) {
      if (error instanceof NetworkError) throw error;
      // A late answer must not meet a later listing.
      if (isListing) this.#drop(socket);
      throw new NetworkError(what, codeOfThrown(error), { cause: error });
    } finally {
      if (isListing) socket.socket.off('message', onDatagram);
    }
  }

  /** The socket, opened anew after one that broke. */
  #connected(what: string): RequestSocket {
    if (this.#socket !== undefined) return this.#socket;
    try {
      const socket = this.#open();
      // The package closes its descriptor by itself then, and says no more.
      socket.on('error', () => this.#drop(socket));
      this.#socket = socket;
      return socket;
    } catch (error) {
      throw new NetworkError(what, codeOfThrown(error), { cause: error });
    }
  }

  /**
   * Closes a socket, later: inside the package's callbacks, and so after any `await` of a reply, its
   * native part would go on with what it has just freed.
   */
  #drop(socket: RequestSocket | undefined): void {
    if (socket === undefined || socket !== this.#socket) return;
    this.#socket = undefined;
    setImmediate(() => socket.close());
  }
}

/** The package's errors carry a code when a system call failed; its time-out is told by its text. */
function codeOfThrown(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? (message?.startsWith('Timeout') ? 'TIMEOUT' : 'EIO');
}
