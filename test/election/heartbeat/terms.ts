// What adaptive terms do to the heartbeats themselves.
import t from 'tap';
import { timingFor } from '../../../src/config/profiles.ts';
import { decodeBeat } from '../../../src/election/beat.ts';
import { Heartbeat } from '../../../src/election/heartbeat.ts';
import { Keys } from '../../../src/election/keys.ts';
import { StoreError, type Txn, type TxnReply } from '../../../src/election/store.ts';
import { Transactions } from '../../../src/election/transactions.ts';
import { EventLog } from '../../fixtures/etcd-store.ts';
import { listedOf, NEVER } from '../../fixtures/heart.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

function unused(): never {
  throw new Error('only transactions are expected');
}

/** A heartbeat whose store answers at once, or not at all, and the beats that it was sent. */
function setUp() {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  const log = new EventLog();
  const beats: ReturnType<typeof decodeBeat>[] = [];
  const etcd = { answers: true };
  let revision = 1;
  const txn = async ({ success }: Txn): Promise<TxnReply> => {
    const put = success.find(({ op }) => op === 'put');
    if (put?.op === 'put') beats.push(decodeBeat(put.value));
    if (!etcd.answers) throw new StoreError('DEADLINE_EXCEEDED', '', 'no answer');
    revision += 1;
    return { succeeded: true, header: { clusterId: '1', revision }, results: [] };
  };
  const heartbeat = new Heartbeat(
    {
      store: {
        txn,
        grantLease: unused,
        keepAlive: unused,
        revokeLease: unused,
        watch: unused,
        close: unused,
      },
      clock,
      journal,
      transactions: new Transactions(new Keys('/t'), 's'),
      emit: log.emit,
      onProved: () => undefined,
      onRecovered: () => undefined,
    },
    // Down a step with each beat that is confirmed.
    { ...timingFor({ profile: 'adaptive' }), idleEveryMs: 3000, calmMs: 0 },
  );
  heartbeat.pace.first = true;
  const { identity, bootId } = journal.memory;
  const self = { node: 's', identity, bootId, lease: '7fb1' };
  const beat = () => heartbeat.beat(self, NEVER);
  /** Holds a group, and beats until the terms are the shortest. */
  const hold = async () => {
    await beat();
    const { ground } = heartbeat.key;
    const takenOn = ground.kind === 'own' ? ground.created : undefined;
    const listed = {
      ...listedOf({ key: 'key', createRevision: 1 }, 1, 3000, takenOn),
      exactSentAt: clock.now(),
      provedUntil: clock.now(),
    };
    heartbeat.listed.set('g', listed);
    for (let count = 0; count < 8; count += 1) {
      clock.pass(3000);
      await beat();
    }
    return listed;
  };
  return { clock, heartbeat, etcd, beats, beat, hold };
}

await t.test('beats come no slower before a longer promise is confirmed', async (t) => {
  const { clock, heartbeat, etcd, beats, beat, hold } = setUp();
  await hold();
  clock.pass(100);
  await beat();
  t.match(beats.at(-1), { holdForMs: 600, beatEveryMs: 100 });
  etcd.answers = false;
  await beat();
  await beat();
  t.match(beats.at(-1), { holdForMs: 3000, beatEveryMs: 100 }, 'promises more, and comes as soon');
  t.equal(heartbeat.pace.everyMs, 100);
  etcd.answers = true;
  await beat();
  t.ok(heartbeat.pace.everyMs > 400, `now in ${heartbeat.pace.everyMs} ms`);
});

await t.test('beats come no slower while a longer promise proves nothing', async (t) => {
  const { clock, heartbeat, etcd, beats, beat, hold } = setUp();
  const listed = await hold();
  clock.pass(100);
  await beat();
  etcd.answers = false;
  await beat();
  etcd.answers = true;
  clock.pass(10);
  // Somebody deleted the record: the token is to be taken anew, and beats prove it no more.
  const { takenOn } = listed;
  listed.takenOn = undefined;
  await beat();
  t.match(beats.at(-1), { holdForMs: 3000 }, 'confirmed');
  t.equal(heartbeat.pace.everyMs, 100, 'the right runs out sooner');
  listed.takenOn = takenOn;
  await beat();
  t.ok(heartbeat.pace.everyMs > 100, `now in ${heartbeat.pace.everyMs} ms`);
});
