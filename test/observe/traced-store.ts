import t from 'tap';
import type { Header, Store, Txn, WatchEvent } from '../../src/election/store.ts';
import { StoreError } from '../../src/election/store.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { TracedStore } from '../../src/observe/traced-store.ts';

const { signal } = new AbortController();
const options = { deadlineMs: 1000, signal };
const header: Header = { clusterId: '1', revision: 7 };
const txn: Txn = {
  compares: [],
  success: [
    { op: 'put', key: '/v/holders/g', value: 'x' },
    { op: 'delete', key: '/v/elections/g/1' },
    { op: 'range', key: '/v/nodes/h1' },
  ],
  failure: [{ op: 'put', key: '/v/other', value: 'x' }],
};

/** Answers at once and notes what it was asked. */
function fakeStore(log: string[], refuse = false): Store {
  const said = <T>(what: string, answer: T): Promise<T> => {
    log.push(what);
    return Promise.resolve(answer);
  };
  return {
    txn: () => {
      log.push('txn');
      if (refuse) return Promise.reject(new StoreError('UNAVAILABLE', '', 'gone'));
      return Promise.resolve({ succeeded: true, header, results: [] });
    },
    grantLease: (id) => said(`grant ${id}`, header),
    keepAlive: (id) => said(`keep ${id}`, 15),
    revokeLease: (id) => said(`revoke ${id}`, undefined),
    watch: ({ onEvents }) => {
      const kv = { key: '/v/k', value: '', createRevision: 1, modRevision: 2, lease: '0' };
      const events: WatchEvent[] = [{ type: 'put', kv }];
      onEvents(events, header);
      return said('watch', undefined);
    },
    close: () => void log.push('close'),
  };
}

await t.test('a transaction is told with the keys that it changes, around the call', async (t) => {
  const log: unknown[] = [];
  const store = new TracedStore(fakeStore(log as string[]), (event) => void log.push(event));
  t.match(await store.txn(txn, options), { succeeded: true });
  const about = ['/v/holders/g', '/v/elections/g/1'];
  const call = { type: 'call', seam: 'etcd', call: 'txn', number: 1, about };
  t.strictSame(log, [{ ...call, phase: 'sent' }, 'txn', { ...call, phase: 'answered' }]);
});

await t.test('a failure is told, and thrown as it is', async (t) => {
  const events: ElectorEvent[] = [];
  const store = new TracedStore(fakeStore([], true), (event) => void events.push(event));
  await t.rejects(store.txn(txn, options), { code: 'UNAVAILABLE' });
  await t.rejects(store.txn(txn, options), StoreError);
  t.match(events, [{ phase: 'sent' }, { phase: 'failed' }, { number: 2 }, { number: 2 }]);
});

await t.test('what the watch brings is told before anybody acts on it', async (t) => {
  const log: unknown[] = [];
  const store = new TracedStore(fakeStore([]), (event) => void log.push(event));
  await store.watch({ prefixes: ['/v'], signal, onEvents: () => void log.push('acted') });
  t.strictSame(log, [{ type: 'watched', keys: ['/v/k'] }, 'acted']);
});

await t.test('everything else is passed on in silence', async (t) => {
  const log: string[] = [];
  const store = new TracedStore(fakeStore(log), () => t.fail('nothing to tell'));
  t.equal(await store.grantLease('a', 15, options), header);
  t.equal(await store.keepAlive('a', options), 15);
  await store.revokeLease('a', options);
  store.close();
  t.strictSame(log, ['grant a', 'keep a', 'revoke a', 'close']);
});
