// etcd looks back in time.
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { startElections } from '../../fixtures/election.ts';
import { within } from '../../fixtures/etcd-store.ts';
import { Latch } from '../../fixtures/latch.ts';
import { kindOf } from '../../fixtures/wrapped-store.ts';

const { election, store } = await startElections(t);

await t.test(
  'rule 16: a look back in time is heeded though the lease is gone before the next look',
  async (t) => {
    const { node } = await election(t);
    // A keep-alive must not be the first to tell of the lease.
    const a = node('a', { timing: { leaseTtlMs: 60_000 } }).start();
    await a.until('proved');
    const reads = new Latch();
    let lied = false;
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'read') await reads.opened;
      const reply = await send();
      if (kindOf(txn) !== 'beat' || lied) return reply;
      lied = true;
      return { ...reply, header: { ...reply.header, revision: 1 } };
    };
    await a.untilEvent('beat-failed', ({ code }) => code === 'FAILED_PRECONDITION');
    await store.revokeLease(a.journal.memory.leaseId ?? '', within());
    await a.untilEvent('beat-failed', ({ code }) => code === 'NOT_FOUND');
    reads.open();
    await a.untilEvent('etcd-regressed');
    t.ok(a.journal.saved.quietUntil >= systemClock.now(), 'it takes nothing for now');
    t.strictSame(a.journal.saved.tokens, [], 'what a beat had lost before is burnt, too');
    t.equal(a.failure, undefined);
  },
);
