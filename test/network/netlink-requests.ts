// What the kernel does too rarely to be provoked: requests over a scripted socket.
import t from 'tap';
import { SystemError } from '../../src/libc.ts';
import type { Datagrams } from '../../src/network/netlink-exchange.ts';
import { encodeMessage } from '../../src/network/netlink-message.ts';
import { NetlinkRequests, type Reply } from '../../src/network/netlink-requests.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const MULTI = 2;
const DUMP_INTR = 0x10;
/** linux/netlink.h: NLM_F_REQUEST with NLM_F_ACK, NLM_F_DUMP. */
const CHANGE = 0x5;
const LIST = 0x301;
const ENOBUFS = 105;

function errno(value: number): Buffer {
  const body = Buffer.alloc(20);
  body.writeInt32LE(value);
  return body;
}
const part = (seq: number, text: string, flags = MULTI): Buffer =>
  encodeMessage(RTM_NEWADDR, flags, seq, Buffer.from(text.padEnd(8)));
const done = (seq: number, error = 0, flags = MULTI): Buffer =>
  encodeMessage(NLMSG_DONE, flags, seq, errno(error));
const ack = (seq: number, error = 0): Buffer => encodeMessage(NLMSG_ERROR, 0, seq, errno(error));

interface Answer {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** A socket that answers each request as the test says. */
function scripted(answer: (seq: number) => readonly (Buffer | Answer | Error)[]) {
  const waiting: (Buffer | Answer | Error)[] = [];
  const sent: Buffer[] = [];
  let closed = 0;
  const socket: Datagrams = {
    send: (datagram) => {
      const bytes = Buffer.from(datagram);
      sent.push(bytes);
      waiting.push(...answer(bytes.readUInt32LE(8)));
    },
    receive: () => {
      const next = waiting.shift();
      if (next instanceof Error) throw next;
      return Buffer.isBuffer(next) ? { port: 0, bytes: next } : next;
    },
    close: () => {
      closed += 1;
    },
  };
  const requests = new NetlinkRequests(() => socket);
  const list = (): Reply => requests.list('list', RTM_GETADDR, Buffer.alloc(8));
  const change = (): void => requests.change('change', RTM_NEWADDR, 0x400, Buffer.alloc(8));
  return { requests, sent, waiting, list, change, timesClosed: () => closed };
}

const texts = ({ messages }: Reply): string[] =>
  messages.map(({ data }) => Buffer.from(data).toString().trim());

await t.test('a listing is put together from its datagrams', (t) => {
  const { list, sent } = scripted((seq) => [
    Buffer.concat([part(seq, 'a'), part(seq, 'b')]),
    part(seq, 'c'),
    done(seq),
  ]);
  const reply = list();
  t.strictSame(texts(reply), ['a', 'b', 'c']);
  t.equal(reply.interrupted, false);
  t.equal(sent[0]?.readUInt16LE(4), RTM_GETADDR);
  t.equal(sent[0]?.readUInt16LE(6), LIST);
  t.end();
});

await t.test('an empty listing is empty', (t) => {
  t.strictSame(scripted((seq) => [done(seq)]).list(), { messages: [], interrupted: false });
  t.end();
});

await t.test('an interrupted listing says so, on a part or only at its end', (t) => {
  const onPart = scripted((seq) => [part(seq, 'a', MULTI | DUMP_INTR), done(seq)]);
  t.equal(onPart.list().interrupted, true);
  const atEnd = scripted((seq) => [part(seq, 'a'), done(seq, 0, MULTI | DUMP_INTR)]);
  t.equal(atEnd.list().interrupted, true);
  t.end();
});

await t.test('a listing that failed on the way is an error, not a short listing', (t) => {
  const failed = scripted((seq) => [part(seq, 'a'), done(seq, -ENOBUFS)]);
  t.throws(failed.list, { name: 'NetworkError', code: 'ENOBUFS', message: 'list: ENOBUFS' });
  const cut = scripted((seq) => [part(seq, 'a')]);
  t.throws(cut.list, { code: 'TIMEOUT' });
  t.end();
});

await t.test('a change is done when the kernel has said so', (t) => {
  const { change, sent } = scripted((seq) => [ack(seq)]);
  change();
  t.equal(sent[0]?.readUInt16LE(6), CHANGE | 0x400);
  t.throws(scripted(() => []).change, { name: 'NetworkError', code: 'TIMEOUT' });
  t.end();
});

await t.test('a refusal is an error with its code, known or not', (t) => {
  t.throws(scripted((seq) => [ack(seq, -1)]).list, { code: 'EPERM' });
  t.throws(scripted((seq) => [ack(seq, -16)]).change, { code: 'EBUSY' });
  t.throws(scripted((seq) => [ack(seq, -529)]).change, { code: /529/ });
  t.end();
});

await t.test('what comes late for an earlier request does not meet a later one', (t) => {
  let late: Buffer[] = [];
  const { list, change } = scripted((seq) => {
    if (late.length === 0) {
      late = [part(seq, 'late'), done(seq)];
      return [];
    }
    return [...late, part(seq, 'a'), done(seq)];
  });
  t.throws(list, { code: 'TIMEOUT' });
  t.strictSame(texts(list()), ['a']);
  t.throws(change, { code: 'TIMEOUT' }, 'nor is the end of a listing an acknowledgement');
  t.end();
});

await t.test('an answer that is not the kernel’s counts for nothing', (t) => {
  const forged = scripted((seq) => [{ port: 4711, bytes: ack(seq) }]);
  t.throws(forged.change, { code: 'TIMEOUT' });
  const both = scripted((seq) => [{ port: 4711, bytes: ack(seq, -1) }, ack(seq)]);
  both.change();
  t.end();
});

await t.test('an overrun is told once: what did fit counts, what did not is missed', (t) => {
  const overrun = new SystemError('recvfrom', ENOBUFS);
  scripted((seq) => [overrun, ack(seq)]).change();
  t.throws(scripted(() => [overrun]).change, { code: 'TIMEOUT' });
  t.throws(scripted((seq) => [overrun, part(seq, 'a')]).list, { code: 'TIMEOUT' });
  t.end();
});

/** No descriptor is left. */
const none = (): never => {
  throw new SystemError('socket', 24);
};

await t.test('what the socket says is told by its code', (t) => {
  const EBADF = 9;
  const broken = scripted(() => [new SystemError('recvfrom', EBADF)]);
  t.throws(broken.list, { name: 'NetworkError', code: 'EBADF' });
  t.throws(scripted(() => [new Error('odd')]).list, { code: 'EIO' });
  t.throws(() => new NetlinkRequests(none), { name: 'NetworkError', code: 'EMFILE' });
  t.end();
});

await t.test('what was closed is CLOSED, and closed once', (t) => {
  const { requests, change, timesClosed } = scripted((seq) => [ack(seq)]);
  requests.close();
  requests.close();
  t.equal(timesClosed(), 1);
  t.throws(change, { code: 'CLOSED' });
  t.end();
});
