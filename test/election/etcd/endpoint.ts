import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import type { EtcdStore } from '../../../src/election/etcd.ts';
import { StoreError } from '../../../src/election/store.ts';
import { startCluster } from '../../../src/lab/etcd.ts';
import type { EtcdCluster } from '../../../src/lab/etcd.ts';
import { openStore, txn, within } from '../../fixtures/etcd-store.ts';

/** Calls until one succeeds; gives the codes of those that failed before. */
async function attempts(store: EtcdStore, deadlineMs: number, max: number): Promise<string[]> {
  const codes: string[] = [];
  while (codes.length < max) {
    try {
      await store.txn(txn({ success: [{ op: 'range', key: 'a' }] }), within(deadlineMs));
      return codes;
    } catch (error) {
      codes.push(error instanceof StoreError ? error.code : String(error));
    }
  }
  throw new Error(`no success: ${codes.join()}`);
}

const restart = async (cluster: EtcdCluster, index: number): Promise<void> => {
  await cluster.members[index]?.start();
};

await t.test('with three members', async (t) => {
  const cluster = await startCluster({ size: 3, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [first, , third] = cluster.members;

  await t.test('a frozen endpoint costs one call, and comes back by itself', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    t.strictSame(await attempts(store, 2_000, 5), []);
    // A freeze of the etcd leader costs an election on the way: all endpoints are silent then.
    first?.freeze();
    t.teardown(() => first?.thaw());
    const isSilent = (): boolean =>
      log.events.some((event) => event.type === 'endpoint' && !event.reachable);
    // A call of our own accord may hang there already: then others stay away before one is lost.
    const codes: string[] = [];
    while (!isSilent()) codes.push(...(await attempts(store, 500, 20)));
    const ofOutages = ['DEADLINE_EXCEEDED', 'UNAVAILABLE'];
    t.strictSame(
      codes.filter((code) => !ofOutages.includes(code)),
      [],
    );
    t.strictSame(await attempts(store, 2_000, 1), [], 'the next call stays away from it');
    const silent = { type: 'endpoint', endpoint: first?.clientUrl, reachable: false };
    t.match(
      log.events.find((event) => event.type === 'endpoint' && !event.reachable),
      silent,
    );
    first?.thaw();
    const from = log.events.length;
    await log.wait(
      (event) =>
        log.events.indexOf(event) >= from &&
        event.type === 'endpoint' &&
        event.endpoint === first?.clientUrl &&
        event.reachable,
    );
  });

  await t.test('a call begun while an earlier one hangs goes elsewhere', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    await attempts(store, 2_000, 20);
    first?.freeze();
    t.teardown(() => first?.thaw());
    const hanging = store.txn(txn({}), within(20_000));
    await systemClock.sleep(300);
    await attempts(store, 1_000, 20);
    first?.thaw();
    await hanging;
    // It is probed all the while, which fails on a machine that is slow enough.
    const failed = log.events.filter(
      (event) =>
        event.type === 'etcd-error' &&
        event.endpoint === first?.clientUrl &&
        event.call !== 'probe',
    );
    t.strictSame(failed, [], 'none of them went to the frozen one');
  });

  await t.test('a killed endpoint is left at once and used again after its restart', async (t) => {
    const { store, log } = openStore(t, [third?.clientUrl ?? '', ...cluster.endpoints.slice(0, 2)]);
    await attempts(store, 2_000, 20);
    await third?.crash();
    await attempts(store, 1_000, 20);
    // Whether by a call or, on a machine so slow that calls had left it before, by a probe.
    await log.wait(
      (event) =>
        event.type === 'etcd-error' &&
        event.endpoint === third?.clientUrl &&
        event.code === 'UNAVAILABLE',
    );
    await log.wait((event) => event.type === 'endpoint' && !event.reachable);
    const from = log.events.length;
    await restart(cluster, 2);
    await log.wait(
      (event) =>
        log.events.indexOf(event) >= from &&
        event.type === 'endpoint' &&
        event.endpoint === third?.clientUrl &&
        event.reachable,
    );
  });
});

await t.test('with a single member', async (t) => {
  const cluster = await startCluster({ size: 1, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [member] = cluster.members;

  await t.test('frozen: the deadline and the signal hold, then it is used again', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    await attempts(store, 2_000, 1);
    member?.freeze();
    t.teardown(() => member?.thaw());
    const aborter = new AbortController();
    const aborted = store.txn(txn({}), within(60_000, aborter.signal));
    aborter.abort();
    await t.rejects(aborted, { code: 'CANCELLED' });
    await t.rejects(store.txn(txn({}), within(200)), {
      code: 'DEADLINE_EXCEEDED',
      message: 'no answer within 200 ms',
      endpoint: member?.clientUrl,
    });
    await t.rejects(store.keepAlive('1', within(200)), { code: 'DEADLINE_EXCEEDED' });
    await t.rejects(store.revokeLease('1', within(200)), { code: 'DEADLINE_EXCEEDED' });
    await log.wait((event) => event.type === 'etcd-connected' && !event.connected);
    // Long enough for the connection to be replaced, more than once.
    await systemClock.sleep(2_500);
    await t.rejects(store.txn(txn({}), within(200)), { code: 'DEADLINE_EXCEEDED' });
    member?.thaw();
    await attempts(store, 1_000, 20);
    t.strictSame(
      log.events.flatMap((event) => (event.type === 'etcd-connected' ? [event.connected] : [])),
      [true, false, true],
    );
    t.strictSame(log.endpointStates(), ['reachable', 'no answer within 200 ms', 'reachable']);
  });

  await t.test('stopped and restarted: refused in words, then it is used again', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    await attempts(store, 2_000, 1);
    await member?.crash();
    await log.wait((event) => {
      if (event.type === 'etcd-error') return event.code === 'UNAVAILABLE';
      void store.txn(txn({}), within()).catch(() => undefined);
      return false;
    });
    await restart(cluster, 0);
    await log.wait((event) => event.type === 'endpoint' && !event.reachable);
    await attempts(store, 1_000, 20);
    t.match(log.endpointStates(), ['reachable', /connection (lost|refused)/, 'reachable']);
  });

  await t.test('never started: connection refused, once', async (t) => {
    const { store, log } = openStore(t, ['http://127.0.0.1:9']);
    await t.rejects(store.txn(txn({}), within()), {
      code: 'UNAVAILABLE',
      message: 'connection refused',
    });
    await t.rejects(store.txn(txn({}), within()), { code: 'UNAVAILABLE' });
    t.strictSame(log.endpointStates(), ['connection refused']);
  });
});
