import { describe } from '../../errors.ts';
import { StoreError } from '../store.ts';
import type { WatchRequest } from '../store.ts';
import { decodeEvents, decodeHeader, prefixEnd } from './codec.ts';
import type { RawWatchReply } from './codec.ts';
import type { GrpcStream } from './grpc.ts';

/**
 * Creates one watch for each prefix on the stream, reports its events and `opened` once etcd has
 * confirmed all of them. Whatever breaks one of them goes to `reject`; nothing is ever thrown.
 */
export function receiveWatch(
  stream: GrpcStream,
  { prefixes, fromRevision, onEvents }: Omit<WatchRequest, 'signal'>,
  endpoint: string,
  { opened, reject }: { opened: () => void; reject: (error: unknown) => void },
): void {
  // Our own IDs, from 1: with 0 etcd would choose.
  const pending = new Set(prefixes.map((_, index) => String(index + 1)));
  let broken = false;
  const receive = (reply: RawWatchReply): void => {
    if (reply.canceled) throw cancellation(reply, endpoint);
    if (reply.created && pending.delete(reply.watch_id) && pending.size === 0) opened();
    if (reply.events.length === 0) return;
    if (!reply.header) throw new StoreError('UNKNOWN', endpoint, 'watch events without a header');
    onEvents(decodeEvents(reply), decodeHeader(reply.header));
  };
  stream.on('data', (message) => {
    if (broken) return;
    try {
      receive(message as RawWatchReply);
    } catch (thrown) {
      broken = true;
      // An error of the callback is no news of the endpoint.
      const own = thrown instanceof StoreError;
      reject(own ? thrown : new StoreError('UNKNOWN', endpoint, describe(thrown)));
    }
  });
  for (const [index, prefix] of prefixes.entries()) {
    stream.write({
      create_request: {
        key: Buffer.from(prefix),
        range_end: prefixEnd(prefix),
        watch_id: String(index + 1),
        progress_notify: true,
        ...(fromRevision !== undefined && { start_revision: String(fromRevision) }),
      },
    });
  }
}

/** A refused creation, or a watch that etcd ended. */
function cancellation(reply: RawWatchReply, endpoint: string): StoreError {
  const { compact_revision: compacted, cancel_reason: reason } = reply;
  if (compacted !== '0' || /compacted/.test(reason)) {
    const text = `the history before revision ${compacted} is compacted`;
    return new StoreError('COMPACTED', endpoint, text);
  }
  const code = /permission denied|invalid auth token/.test(reason)
    ? 'PERMISSION_DENIED'
    : 'UNKNOWN';
  return new StoreError(code, endpoint, `etcd ended the watch: ${reason || 'no reason given'}`);
}
