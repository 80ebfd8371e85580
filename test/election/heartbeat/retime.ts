// Another timing while something is held: what was promised stays, and a token that may not promise so much is taken anew.
import t from 'tap';
import { timingFor } from '../../../src/config/profiles.ts';
import type { Profile } from '../../../src/config/types.ts';
import { decodeBeat } from '../../../src/election/beat.ts';
import { Heartbeat } from '../../../src/election/heartbeat.ts';
import { Keys } from '../../../src/election/keys.ts';
import type { Txn, TxnReply } from '../../../src/election/store.ts';
import { Transactions } from '../../../src/election/transactions.ts';
import { EventLog } from '../../fixtures/etcd-store.ts';
import { listedOf, NEVER } from '../../fixtures/heart.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

function unused(): never {
  throw new Error('only transactions are expected');
}

/** A heartbeat on an etcd that answers at once, holding a group with the ceiling of its profile. */
async function holding(profile: Profile) {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  const log = new EventLog();
  const beats: ReturnType<typeof decodeBeat>[] = [];
  let revision = 1;
  const txn = async ({ success }: Txn): Promise<TxnReply> => {
    const put = success.find(({ op }) => op === 'put');
    if (put?.op === 'put') beats.push(decodeBeat(put.value));
    revision += 1;
    return { succeeded: true, header: { clusterId: '1', revision }, results: [] };
  };
  const rest = { grantLease: unused, keepAlive: unused, revokeLease: unused, watch: unused };
  const timing = timingFor({ profile });
  const heartbeat = new Heartbeat(
    {
      store: { txn, ...rest, close: unused },
      clock,
      journal,
      transactions: new Transactions(new Keys('/t'), 's'),
      emit: log.emit,
      onProved: () => undefined,
      onRecovered: () => undefined,
    },
    { ...timing, idleEveryMs: 3000 },
  );
  const { identity, bootId } = journal.memory;
  const self = { node: 's', identity, bootId, lease: '7fb1' };
  const beat = () => heartbeat.beat(self, NEVER);
  await beat();
  const { ground } = heartbeat.key;
  const takenOn = ground.kind === 'own' ? ground.created : undefined;
  const listed = {
    ...listedOf({ key: 'key', createRevision: 1 }, 1, timing.holdForMs, takenOn),
    exactSentAt: clock.now(),
    provedUntil: clock.now(),
  };
  heartbeat.listed.set('g', listed);
  await beat();
  const told = () =>
    log.events.flatMap((event) => (event.type === 'terms-changed' ? [event.holdForMs] : []));
  return { clock, heartbeat, beats, beat, listed, takenOn, told };
}

await t.test('a shorter promise counts with the next beat; what was promised stays', async (t) => {
  const { clock, heartbeat, beats, beat, listed, told } = await holding('steady');
  const promisedEnd = clock.now() + 3000;
  heartbeat.retime(timingFor({ profile: 'fast' }));
  clock.pass(100);
  await beat();
  t.match(beats.at(-1), { holdForMs: 2900, fenceLatencyMs: 35, beatEveryMs: 100 });
  t.equal(listed.provedUntil, promisedEnd);
  t.ok(heartbeat.key.proves(listed), 'nothing is taken anew');
  clock.pass(2900);
  await beat();
  t.match(beats.at(-1), { holdForMs: 600 });
  t.strictSame(told(), [600]);
});

await t.test('a longer promise waits until the token may make it', async (t) => {
  const { clock, heartbeat, beats, beat, listed, takenOn, told } = await holding('fast');
  heartbeat.retime(timingFor({ profile: 'steady' }));
  clock.pass(100);
  t.match(await beat(), { anew: true }, 'to be taken anew at once');
  t.match(beats.at(-1), { holdForMs: 600, beatEveryMs: 100 }, 'promises and beats as before');
  t.ok(heartbeat.isLow(listed));
  t.ok(heartbeat.key.proves(listed), 'proved as before meanwhile: nobody knows when etcd takes it');
  t.equal(heartbeat.ceilingMs(), 3000, 'what the new taking may promise');
  clock.pass(100);
  t.match(await beat(), { anew: true });
  t.strictSame(told(), []);
  Object.assign(listed, { ceilingMs: 3000, takenOn });
  t.match(await beat(), { anew: false });
  t.match(beats.at(-1), { holdForMs: 3000, fenceLatencyMs: 130 });
  t.strictSame(told(), [3000]);
});

await t.test('a taking that had told the old ceiling is found at the next beat', async (t) => {
  const { heartbeat, beat, listed, takenOn } = await holding('fast');
  heartbeat.retime(timingFor({ profile: 'steady' }));
  await beat();
  // Its answer comes only now.
  listed.takenOn = takenOn;
  t.match(await beat(), { anew: true });
  t.ok(heartbeat.isLow(listed));
});

await t.test('back before it was taken anew: as if nothing had been', async (t) => {
  const { heartbeat, beats, beat, listed, takenOn, told } = await holding('fast');
  heartbeat.retime(timingFor({ profile: 'steady' }));
  heartbeat.retime(timingFor({ profile: 'fast' }));
  await beat();
  t.match(beats.at(-1), { holdForMs: 600, beatEveryMs: 100 });
  t.equal(listed.takenOn, takenOn);
  t.strictSame(told(), [600]);
});
