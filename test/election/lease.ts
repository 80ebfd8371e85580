import t from 'tap';
import { after, elapsedMs, systemClock } from '../../src/clock.ts';
import { isOurLease } from '../../src/election/keys.ts';
import { Lease } from '../../src/election/lease.ts';
import { RHO } from '../../src/election/promise.ts';
import { StoreError, type Header } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { freshMemory, MemoryJournal } from '../fixtures/memory-journal.ts';
import { WrappedStore } from '../fixtures/wrapped-store.ts';
import { EventLog, openStore, within } from '../fixtures/etcd-store.ts';
import { leaseOf } from '../fixtures/situation.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store } = openStore(t, cluster.endpoints);
const NEVER = new AbortController().signal;
const TTL_MS = 2000;

function leaseWith(memory = freshMemory()) {
  const journal = new MemoryJournal(memory);
  const log = new EventLog();
  const wrapped = new WrappedStore(store);
  const parts = { store: wrapped, clock: systemClock, journal, emit: log.emit };
  return { lease: new Lease(parts, { ttlMs: TTL_MS, deadlineMs: 1000 }), log, ...parts };
}

await t.test('a new lease is ours, and in the state file before etcd knows it', async (t) => {
  const made = leaseWith();
  const grant = made.store.grantLease.bind(made.store);
  let saved: string | undefined;
  made.store.grantLease = (...args): Promise<Header> => {
    saved = made.journal.saved.leaseId;
    return grant(...args);
  };
  const id = await made.lease.open(NEVER);
  t.equal(saved, id);
  t.ok(isOurLease(id));
  t.equal(await store.keepAlive(id, within()), TTL_MS / 1000);
  t.match(made.log.events, [{ type: 'lease-granted', leaseId: id }]);
});

await t.test('the remembered lease is used as long as etcd has it', async (t) => {
  const id = leaseOf('a');
  await store.grantLease(id, 60, within());
  const { lease, log, journal } = leaseWith(freshMemory({ leaseId: id }));
  t.equal(await lease.open(NEVER), id);
  t.strictSame(log.events, []);
  await store.revokeLease(id, within());
  const next = await lease.open(NEVER);
  t.not(next, id);
  t.equal(journal.saved.leaseId, next);
  t.match(log.events, [{ type: 'lease-gone', leaseId: id }, { type: 'lease-granted' }]);
});

await t.test('a grant whose reply was lost is found again', async (t) => {
  const made = leaseWith();
  const grant = made.store.grantLease.bind(made.store);
  made.store.grantLease = async (...args): Promise<Header> => {
    await grant(...args);
    throw new StoreError('DEADLINE_EXCEEDED', '', 'the reply is lost');
  };
  await t.rejects(made.lease.open(NEVER), { code: 'DEADLINE_EXCEEDED' });
  const id = made.journal.saved.leaseId;
  t.equal(await made.lease.open(NEVER), id);
});

await t.test('it is kept alive beyond its TTL, and its end is told', async (t) => {
  const { lease, log, journal } = leaseWith();
  const id = await lease.open(NEVER);
  const kept = lease.keep(id, NEVER);
  await systemClock.sleep(TTL_MS * 1.5);
  t.ok((await store.keepAlive(id, within())) > 0);
  await store.revokeLease(id, within());
  await kept;
  t.equal(journal.memory.leaseId, undefined);
  t.match(log.events.at(-1), { type: 'lease-gone', leaseId: id });
});

await t.test('a refresh keeps it alive at once, not when its turn comes', async (t) => {
  const { lease, store: wrapped } = leaseWith();
  const id = await lease.open(NEVER);
  const aborter = new AbortController();
  const before = systemClock.now();
  const told = new Promise<number>((resolve) => {
    wrapped.keepAlive = (...args) => {
      resolve(elapsedMs(before, systemClock.now()));
      aborter.abort(new Error('enough'));
      return store.keepAlive(...args);
    };
  });
  lease.refresh();
  const kept = lease.keep(id, aborter.signal);
  await t.rejects(kept, { message: 'enough' });
  t.ok((await told) < TTL_MS / 3, 'before its turn');
});

await t.test('an error is no end; an abort is', async (t) => {
  const made = leaseWith();
  const id = await made.lease.open(NEVER);
  const aborter = new AbortController();
  let failures = 0;
  made.store.keepAlive = () => {
    failures += 1;
    if (failures === 2) aborter.abort(new Error('enough'));
    return Promise.reject(new StoreError('UNAVAILABLE', '', 'gone'));
  };
  await t.rejects(made.lease.keep(id, aborter.signal), { message: 'enough' });
  t.equal(made.journal.memory.leaseId, id);
});

await t.test(
  'rule 5 [H8]: it is good from before the last keep-alive was sent, less a margin',
  async (t) => {
    const { lease } = leaseWith();
    t.ok(lease.goodUntil <= systemClock.now(), 'not before it was granted');
    const before = systemClock.now();
    await lease.open(NEVER);
    t.ok(lease.goodUntil >= after(before, TTL_MS * (1 - 2 * RHO) - 1000));
    t.ok(lease.goodUntil <= after(systemClock.now(), TTL_MS * (1 - 2 * RHO)));
    t.ok(elapsedMs(before, lease.goodUntil) < TTL_MS);
  },
);

await t.test('a revoked lease is forgotten in the state file, too', async (t) => {
  const { lease, journal } = leaseWith();
  const id = await lease.open(NEVER);
  await lease.revoke(id, 1000, NEVER);
  t.equal(journal.saved.leaseId, undefined);
  t.equal(await store.keepAlive(id, within()), 0);
  await lease.revoke(id, 1000, NEVER);
});
