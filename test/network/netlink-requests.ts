// What the kernel does too rarely to be provoked: the package's own socket over a scripted one.
import { EventEmitter } from 'node:events';
import { NetlinkSocket } from 'netlink';
import type { RawNetlinkSocket } from 'netlink';
import t from 'tap';
import { NetlinkRequests } from '../../src/network/netlink-requests.ts';
import { NetworkError } from '../../src/network/network-error.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWADDR = 20;
const MULTI = 2;
const DUMP_INTR = 0x10;

/** struct nlmsghdr and a body. */
function message(type: number, flags: number, seq: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(seq, 8);
  return Buffer.concat([header, body]);
}
function errno(value: number): Buffer {
  const body = Buffer.alloc(20);
  body.writeInt32LE(value);
  return body;
}
const part = (seq: number, text: string, flags = MULTI): Buffer =>
  message(RTM_NEWADDR, flags, seq, Buffer.from(text.padEnd(8)));
const done = (seq: number, error = 0, flags = MULTI): Buffer =>
  message(NLMSG_DONE, flags, seq, errno(error));
const ack = (seq: number, error = 0): Buffer => message(NLMSG_ERROR, 0, seq, errno(error));

/** A raw socket that notes what is sent and says what the test tells it to. */
class ScriptedSocket extends EventEmitter {
  readonly sent: number[] = [];
  closed = false;
  onSend: (seq: number) => void = () => undefined;

  send(buffers: Buffer[]): void {
    const seq = buffers[0]!.readUInt32LE(8);
    this.sent.push(seq);
    this.onSend(seq);
  }

  receive(datagrams: Buffer[], port = 0): void {
    for (const datagram of datagrams) this.emit('message', datagram, { port, groups: 0 });
  }

  address(): { port: number; groups: number } {
    return { port: 7, groups: 0 };
  }

  ref(): void {}

  unref(): void {}

  close(): void {
    this.closed = true;
  }
}

/** Requests over scripted sockets; `answer` is what each sent request is answered with. */
function scripted(limit: number, answer?: (seq: number) => Buffer[]) {
  const sockets: ScriptedSocket[] = [];
  const requests = new NetlinkRequests(() => {
    const raw = new ScriptedSocket();
    if (answer !== undefined) {
      raw.onSend = (seq) => process.nextTick(() => raw.receive(answer(seq)));
    }
    sockets.push(raw);
    return new NetlinkSocket(raw as unknown as RawNetlinkSocket);
  }, limit);
  const ask = (what = 'ask') => requests.request(what, 22, 0x300, Buffer.alloc(8));
  return { requests, sockets, ask };
}
/** What was put off to the end of this turn of the event loop has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const texts = (reply: { messages: readonly { data: Uint8Array }[] }): string[] =>
  reply.messages.map(({ data }) => Buffer.from(data).toString().trim());

await t.test('a listing is put together from its datagrams', async (t) => {
  const { ask } = scripted(1, (seq) => [
    Buffer.concat([part(seq, 'a'), part(seq, 'b')]),
    part(seq, 'c'),
    done(seq),
  ]);
  const reply = await ask();
  t.strictSame(texts(reply), ['a', 'b', 'c']);
  t.equal(reply.interrupted, false);
});

await t.test('an empty listing is empty', async (t) => {
  const { ask } = scripted(1, (seq) => [done(seq)]);
  t.strictSame(await ask(), { messages: [], interrupted: false });
});

await t.test('an interrupted listing says so, on a part or only at its end', async (t) => {
  const onPart = scripted(1, (seq) => [part(seq, 'a', MULTI | DUMP_INTR), done(seq)]);
  t.equal((await onPart.ask()).interrupted, true);
  const atEnd = scripted(1, (seq) => [part(seq, 'a'), done(seq, 0, MULTI | DUMP_INTR)]);
  t.equal((await atEnd.ask()).interrupted, true);
  t.equal((await atEnd.ask()).interrupted, true, 'the next one by its own end');
});

await t.test('a listing that failed on the way is an error, not a short listing', async (t) => {
  const { ask } = scripted(1, (seq) => [part(seq, 'a'), done(seq, -105)]);
  await t.rejects(ask('list'), { name: 'NetworkError', code: 'ENOBUFS', message: 'list: ENOBUFS' });
});

await t.test('a refusal is an error with its code, known or not', async (t) => {
  await t.rejects(scripted(1, (seq) => [ack(seq, -1)]).ask(), { code: 'EPERM' });
  await t.rejects(scripted(4, (seq) => [ack(seq, -16)]).ask(), { code: 'EBUSY' });
  await t.rejects(scripted(1, (seq) => [ack(seq, -529)]).ask(), { code: /529/ });
});

await t.test('listings wait for each other', async (t) => {
  const { ask, sockets } = scripted(1);
  const all = Promise.all([ask(), ask()]);
  const [socket] = sockets;
  t.equal(socket!.sent.length, 1);
  const [first] = socket!.sent;
  socket!.receive([part(first!, 'a'), done(first!)]);
  await settled();
  const [, second] = socket!.sent;
  socket!.receive([part(second!, 'b'), done(second!)]);
  t.strictSame((await all).map(texts), [['a'], ['b']]);
  t.equal(socket!.listenerCount('message'), 1, 'only the package listens afterwards');
});

await t.test('changes go out together, up to the limit', async (t) => {
  const { ask, sockets } = scripted(3);
  const all = Promise.all([ask(), ask(), ask(), ask(), ask()]);
  const socket = sockets[0]!;
  t.equal(socket.sent.length, 3);
  socket.receive([ack(socket.sent[1]!)]);
  await settled();
  t.equal(socket.sent.length, 4, 'one answered, one more sent');
  socket.onSend = (seq) => process.nextTick(() => socket.receive([ack(seq)]));
  socket.receive([0, 2, 3].map((i) => ack(socket.sent[i]!)));
  t.equal((await all).length, 5);
});

await t.test('no answer is TIMEOUT; a late one does not meet the next listing', async (t) => {
  const { ask, sockets } = scripted(1);
  await t.rejects(ask(), { code: 'TIMEOUT' });
  const next = ask();
  t.equal(sockets.length, 2, 'on a socket of its own');
  const [old, fresh] = sockets;
  old!.receive([part(old!.sent[0]!, 'late'), done(old!.sent[0]!)]);
  fresh!.receive([part(fresh!.sent[0]!, 'a'), done(fresh!.sent[0]!)]);
  t.strictSame(texts(await next), ['a']);
  await settled();
  t.equal(old!.closed, true);
});

await t.test('an answer that is not the kernel’s is refused', async (t) => {
  const { ask, sockets } = scripted(1);
  const asked = ask();
  sockets[0]!.receive([ack(sockets[0]!.sent[0]!)], 4711);
  await t.rejects(asked, { code: 'EBADMSG' });
});

await t.test('a socket that broke is opened anew', async (t) => {
  const { ask, sockets } = scripted(1, (seq) => [done(seq)]);
  await ask();
  sockets[0]!.emit('error', new Error('broken'));
  await ask();
  t.equal(sockets.length, 2);
  await settled();
  t.equal(sockets[0]!.closed, true);
});

await t.test('a socket that cannot be opened is an error with its code', async (t) => {
  const requests = new NetlinkRequests(() => {
    throw Object.assign(new Error('socket'), { code: 'EMFILE' });
  }, 1);
  await t.rejects(requests.request('ask', 22, 0, Buffer.alloc(8)), { code: 'EMFILE' });
  await requests.close();
});

await t.test('closing waits for what is under way and refuses what waits', async (t) => {
  const { requests, ask, sockets } = scripted(1);
  const underWay = ask();
  const waiting = ask();
  const closed = Promise.all([requests.close(), requests.close()]);
  const socket = sockets[0]!;
  t.equal(socket.closed, false);
  socket.receive([done(socket.sent[0]!)]);
  t.strictSame(texts(await underWay), []);
  await t.rejects(waiting, { code: 'CLOSED' });
  await closed;
  t.equal(socket.closed, true);
  await t.rejects(ask(), NetworkError);
  await requests.close();
});
