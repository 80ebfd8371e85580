import t from 'tap';
import { EtcdBoard } from '../../src/observe/etcd-board.ts';

const ONE = 'http://10.0.0.1:2379';
const TWO = 'http://10.0.0.2:2379';

await t.test('before any event nothing is known, and every endpoint is named', async (t) => {
  const board = new EtcdBoard([ONE, TWO]);
  t.equal(board.connected, false);
  t.equal(board.err, 'not connected yet');
  t.equal(board.holdForMs, null);
  t.strictSame(board.endpoints, [
    { endpoint: ONE, reachable: false, err: 'not tried yet' },
    { endpoint: TWO, reachable: false, err: 'not tried yet' },
  ]);
});

await t.test('each endpoint has its own last word, in the configured order', async (t) => {
  const board = new EtcdBoard([ONE, TWO]);
  board.record({ type: 'endpoint', endpoint: TWO, reachable: true });
  board.record({ type: 'endpoint', endpoint: ONE, reachable: false, err: 'ECONNREFUSED' });
  t.strictSame(board.endpoints, [
    { endpoint: ONE, reachable: false, err: 'ECONNREFUSED' },
    { endpoint: TWO, reachable: true },
  ]);
  board.record({ type: 'endpoint', endpoint: ONE, reachable: true });
  t.strictSame(board.endpoints[0], { endpoint: ONE, reachable: true }, 'the old error is gone');
});

await t.test('connected or not is told by its own event, with why', async (t) => {
  const board = new EtcdBoard([ONE]);
  board.record({ type: 'etcd-connected', connected: true });
  t.equal(board.connected, true);
  t.equal(board.err, undefined);
  board.record({ type: 'etcd-connected', connected: false, err: 'no endpoint serves' });
  t.equal(board.connected, false);
  t.equal(board.err, 'no endpoint serves');
});

await t.test(
  'the promise is that of the last confirmed beat; other events change nothing',
  async (t) => {
    const board = new EtcdBoard([ONE]);
    board.record({ type: 'beat', durationMs: 4, holdForMs: 4000, slackMs: 3500 });
    board.record({ type: 'beat', durationMs: 4, holdForMs: 3000 });
    t.equal(board.holdForMs, 3000);
    board.record({ type: 'beat-failed', code: 'UNAVAILABLE', err: 'x' });
    board.record({ type: 'loop-lag', lagMs: 1 });
    t.equal(board.holdForMs, 3000);
    t.equal(board.connected, false);
  },
);
