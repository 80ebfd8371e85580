import t from 'tap';
import { after, elapsedMs } from '../../src/clock.ts';
import { ElectionCore } from '../../src/election/core.ts';
import { situationOf } from '../../src/election/situating.ts';
import type { Store } from '../../src/election/store.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const NEVER = new AbortController().signal;

/** All that a lease asks of etcd. */
const store: Store = {
  txn: () => Promise.reject(new Error('nobody asks')),
  grantLease: () => Promise.resolve({ clusterId: '1', revision: 1 }),
  keepAlive: () => Promise.resolve(2),
  revokeLease: () => Promise.resolve(),
  watch: () => Promise.resolve(),
  close: () => {},
};

const GROUPS = [{ name: 'api', electionKey: '/talos/vip' }, { name: 'web' }];

function setUp() {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  const listener = {
    onQueue: () => {},
    onTaken: () => {},
    onProved: () => {},
    onBarred: () => {},
    onDue: () => {},
    onLost: () => {},
  };
  const core = new ElectionCore(
    { store, clock, journal, emit: () => {}, listener },
    { node: 'a', prefix: '/vip-elector', groups: GROUPS, timing: TIMING, facts: () => '{}' },
  );
  const { identity, bootId } = journal.memory;
  const waitMs = (group: string): number => {
    const member = core.members.get(group);
    if (member === undefined) throw new Error(`no group ${group}`);
    const self = { node: 'a', identity, bootId, lease: '1' };
    const { quarantineUntil, now } = situationOf(core, self, member);
    return Math.max(elapsedMs(now, quarantineUntil), 0);
  };
  return { clock, core, waitMs };
}

await t.test(
  'in an election that stands elsewhere nothing is taken while our lease may have ended',
  async (t) => {
    const { clock, core, waitMs } = setUp();
    t.equal(waitMs('api'), 100, 'nobody has granted it');
    const id = await core.lease.open(NEVER);
    t.equal(waitMs('api'), 0);
    // Less of it is left than the answer to a taking may take.
    await clock.advance(elapsedMs(clock.now(), core.lease.goodUntil) - TIMING.requestDeadlineMs);
    t.equal(waitMs('api'), 100);
    t.equal(waitMs('web'), 0, 'at the usual place nobody goes by leases');
    t.equal(await core.lease.open(NEVER), id);
    t.equal(waitMs('api'), 0, 'kept alive');
  },
);

await t.test('whoever is quiet stays so', (t) => {
  const { clock, core, waitMs } = setUp();
  core.parts.journal.memory.quietUntil = after(clock.now(), 5000);
  t.equal(waitMs('api'), 5000);
  t.equal(waitMs('web'), 5000);
  t.end();
});
