import t from 'tap';
import { attempt, type Send } from '../../../src/election/etcd/attempt.ts';
import type { Connection } from '../../../src/election/etcd/connection.ts';
import { grpcError } from '../../../src/election/etcd/grpc.ts';
import type { Login } from '../../../src/election/etcd/login.ts';

/** UNAUTHENTICATED, as etcd says it of a token that has ended (api/v3rpc/rpctypes/error.go). */
const STALE = grpcError(16, 'etcdserver: invalid auth token');
const CONNECTION = {} as Connection;

/** A login that gives these tokens by turns, and a call that is refused so many times. */
function setUp(tokens: readonly string[], refusals: readonly Error[]) {
  const left = [...refusals];
  const sent: (string | undefined)[] = [];
  let at = 0;
  const login = {
    token: () => Promise.resolve(tokens[at] ?? ''),
    forget: () => void (at += 1),
  } as unknown as Login;
  const send: Send = (_connection, { metadata }) => {
    sent.push(metadata['token']);
    const refusal = left.shift();
    return refusal === undefined ? Promise.resolve('reply') : Promise.reject(refusal);
  };
  return { login, send, sent };
}

const context = (signal = new AbortController().signal) => ({ metadata: { x: '1' }, signal });

await t.test('without a login it is sent as it is, once', async (t) => {
  const { send, sent } = setUp([], [STALE]);
  const way = { connection: CONNECTION, login: undefined, url: 'u' };
  await t.rejects(attempt(way, send, context()), STALE);
  t.strictSame(sent, [undefined]);
});

await t.test('a stale token is renewed, once', async (t) => {
  for (const refusals of [[], [STALE], [STALE, STALE]]) {
    const { login, send, sent } = setUp(['old', 'new'], refusals);
    const way = { connection: CONNECTION, login, url: 'u' };
    const reply = attempt(way, send, context());
    if (refusals.length < 2) t.equal(await reply, 'reply');
    else await t.rejects(reply, STALE);
    t.strictSame(sent, refusals.length === 0 ? ['old'] : ['old', 'new']);
  }
});

await t.test('another refusal, or a call that is over, is not repeated', async (t) => {
  const denied = grpcError(7, 'etcdserver: permission denied');
  const first = setUp(['token'], [denied]);
  const way = { connection: CONNECTION, url: 'u' };
  await t.rejects(attempt({ ...way, login: first.login }, first.send, context()), denied);
  const second = setUp(['token'], [STALE]);
  const over = context(AbortSignal.abort(new Error('too late')));
  await t.rejects(attempt({ ...way, login: second.login }, second.send, over), STALE);
  t.strictSame([first.sent, second.sent], [['token'], ['token']]);
});

await t.test('with authentication off there is no token to send', async (t) => {
  const { login, send, sent } = setUp([''], []);
  await attempt({ connection: CONNECTION, login, url: 'u' }, send, context());
  t.strictSame(sent, [undefined]);
});
