import t from 'tap';
import { StoreError, type Compare, type Operation, type Txn } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import { Cluster } from './etcd/cluster.ts';
import { Rng } from './engine/rng.ts';
import { Scheduler } from './engine/scheduler.ts';

const TRANSACTIONS = 600;
/** Prefixes of one another, and beside each other, so that ranges have something to get wrong. */
const KEYS = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a0', 'b/ä', 'b/z'] as const;
const PREFIXES = ['a', 'a/', 'b/', 'c/'] as const;
const VALUES = ['', '1', '10', '2', 'z', 'ä', '\u{1f600}', '\uffff'] as const;
const LEASES = ['7fa1', '7fa2'] as const;

const real = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => real.stop());
const { store } = openStore(t, real.endpoints);

function randomCompare(rng: Rng, revision: number): Compare {
  const key = rng.pick(KEYS);
  const value = rng.below(revision + 2);
  switch (rng.below(6)) {
    case 0:
      return { key, target: 'value', op: rng.pick(['=', '<']), value: rng.pick(VALUES) };
    case 1:
      return { key, target: 'lease', op: '=', value: rng.pick(['0', ...LEASES]) };
    case 2:
      return { key, target: 'create', op: '=', value: rng.chance(0.5) ? 0 : value };
    case 3:
      return { key: rng.pick(PREFIXES), prefix: true, target: 'mod', op: '<', value };
    default:
      return { key, target: 'mod', op: rng.pick(['=', '<', '>']), value };
  }
}

function randomOperations(rng: Rng, revision: number): Operation[] {
  // No key may be written twice in one transaction.
  const free = new Set<string>(KEYS);
  return Array.from({ length: rng.below(5) }, (): Operation => {
    const key = rng.pick([...free]);
    switch (rng.below(4)) {
      case 0:
        return { op: 'range', key };
      case 1: {
        const since = rng.chance(0.5) ? {} : { minModRevision: rng.below(revision + 2) };
        return { op: 'range', key: rng.pick(PREFIXES), prefix: true, ...since };
      }
      case 2:
        free.delete(key);
        return { op: 'delete', key };
      default: {
        free.delete(key);
        const lease = rng.chance(0.4) ? { lease: rng.pick(LEASES) } : {};
        return { op: 'put', key, value: rng.pick(VALUES), ...lease };
      }
    }
  });
}

function randomTxn(rng: Rng, revision: number): Txn {
  return {
    compares: Array.from({ length: rng.below(3) }, () => randomCompare(rng, revision)),
    success: randomOperations(rng, revision),
    failure: randomOperations(rng, revision),
  };
}

/** What an answer says, without what differs by nature: a cluster's ID, and what writes return. */
async function answer(txn: Txn, send: () => unknown) {
  try {
    const { succeeded, header, results } = (await send()) as Awaited<ReturnType<typeof store.txn>>;
    const branch = succeeded ? txn.success : txn.failure;
    const ranges = results.filter((_, index) => branch[index]?.op === 'range');
    return { succeeded, revision: header.revision, ranges };
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

await t.test('the simulated store answers any transaction as etcd does', async (t) => {
  const rng = new Rng(20_261_121);
  const simulated = new Cluster(new Scheduler(), rng.fork('leases'), 1);
  const grant = async (lease: string): Promise<void> => {
    simulated.grant(lease, 600);
    await store.grantLease(lease, 600, within());
  };
  for (const lease of LEASES) await grant(lease);
  for (let count = 0; count < TRANSACTIONS; count += 1) {
    const txn = randomTxn(rng, simulated.header.revision);
    const ours = await answer(txn, () => simulated.txn(txn));
    const theirs = await answer(txn, () => store.txn(txn, within()));
    if (!t.strictSame(ours, theirs, `transaction ${count}: ${JSON.stringify(txn)}`)) return;
    if (!rng.chance(0.02)) continue;
    const lease = rng.pick(LEASES);
    simulated.revoke(lease);
    await store.revokeLease(lease, within());
    // A put on a lease that is gone is refused, for a while.
    if (rng.chance(0.5)) continue;
    for (const each of LEASES) if (!simulated.leases.has(each)) await grant(each);
  }
});

/** `granted`, or the code of the refusal. */
async function outcomeOf(grant: () => unknown): Promise<string> {
  try {
    await grant();
    return 'granted';
  } catch (error) {
    return error instanceof StoreError ? error.code : 'no StoreError';
  }
}

await t.test('what etcd says of leases that are gone, and of those that are there', async (t) => {
  const simulated = new Cluster(new Scheduler(), new Rng(1), 1);
  for (const again of [false, true]) {
    t.equal(
      await outcomeOf(() => simulated.grant('7fb1', 600)),
      await outcomeOf(() => store.grantLease('7fb1', 600, within())),
      again ? 'granted twice' : 'granted',
    );
  }
  t.equal(simulated.keepAlive('7fb1'), await store.keepAlive('7fb1', within()));
  t.equal(simulated.keepAlive('7fb2'), await store.keepAlive('7fb2', within()));
  simulated.revoke('7fb2');
  await store.revokeLease('7fb2', within());
});
