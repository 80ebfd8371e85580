import t from 'tap';
import { startElections } from '../fixtures/election.ts';
import { until } from '../fixtures/program.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

await t.test(
  'the lease of before is given back: its key must not stand before everybody until its TTL',
  async (t) => {
    const { node, hand } = await election(t);
    const a = node('a', { timing: { leaseTtlMs: 60_000 } }).start();
    const { token } = (await a.until('proved')).proof;
    let lied = false;
    a.store.onTxn = async (txn, send) => {
      const reply = await send();
      if (kindOf(txn) !== 'beat' || lied) return reply;
      lied = true;
      return { ...reply, header: { ...reply.header, revision: 1 } };
    };
    await a.untilEvent('etcd-regressed');
    await until('its key is gone', async () => (await hand.get(token.key)) === undefined);
    const deposed = a.store.sent.some((txn) => kindOf(txn) === 'release');
    t.notOk(deposed, 'with its lease: nobody has had to wait and depose it');
    await a.when(() => a.queue.some(({ mine }) => mine));
    t.not((await hand.under(hand.keys.elections))[0]?.key, token.key, 'it stands anew');
  },
);
