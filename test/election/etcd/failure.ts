import t from 'tap';
import { failureOf } from '../../../src/election/etcd/failure.ts';
import { grpcError } from '../../../src/election/etcd/grpc.ts';

/** Status code and text as grpc-js 1.14 gave them for etcd 3.4, and what they come to. */
const CASES: readonly (readonly [number, string, string, string, boolean])[] = [
  [14, 'etcdserver: no leader', 'UNAVAILABLE', 'no leader', false],
  [14, 'Connection dropped', 'UNAVAILABLE', 'connection lost', false],
  [
    14,
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ',
    'UNAVAILABLE',
    'connection refused',
    false,
  ],
  [
    14,
    'No connection established. Last error: Error: read ECONNRESET. Resolution note: ',
    'UNAVAILABLE',
    'connection reset before it was made: does the endpoint speak TLS, as its URL says or not?',
    false,
  ],
  [
    14,
    "No connection established. Last error: Error: Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b. Resolution note: ",
    'CERTIFICATE',
    "name does not match: Host: a. is not in the cert's altnames: DNS:b",
    false,
  ],
  [
    3,
    'etcdserver: authentication failed, invalid user ID or password',
    'UNAUTHENTICATED',
    'wrong user or password',
    false,
  ],
  [9, 'etcdserver: lease already exists', 'ALREADY_EXISTS', 'lease already exists', true],
  [5, 'etcdserver: requested lease not found', 'NOT_FOUND', 'requested lease not found', true],
  [7, 'etcdserver: permission denied', 'PERMISSION_DENIED', 'permission denied', true],
  [
    8,
    'etcdserver: mvcc: database space exceeded',
    'RESOURCE_EXHAUSTED',
    'mvcc: database space exceeded',
    true,
  ],
  [1, 'context canceled', 'UNAVAILABLE', 'context canceled', false],
  [13, 'Received RST_STREAM with code 2', 'UNAVAILABLE', 'Received RST_STREAM with code 2', false],
];

for (const [status, details, code, message, answered] of CASES) {
  await t.test(`"${details.slice(0, 60)}" is ${code}`, async (t) => {
    const failure = failureOf(grpcError(status, details), 'e');
    t.match(failure, { error: { code, message, endpoint: 'e' }, answered });
  });
}

await t.test('a stale token is known as one, a wrong password is not', async (t) => {
  t.ok(failureOf(grpcError(16, 'etcdserver: invalid auth token'), 'e').staleToken);
  t.ok(failureOf(grpcError(3, 'etcdserver: revision of auth store is old'), 'e').staleToken);
  const wrong = 'etcdserver: authentication failed, invalid user ID or password';
  t.notOk(failureOf(grpcError(3, wrong), 'e').staleToken);
});
