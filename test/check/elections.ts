import t from 'tap';
import { holderOf, judgeTalos } from '../../src/check/elections.ts';
import { decodeRecord } from '../../src/election/record.ts';
import { talosElectionKey } from '../../src/talos/election.ts';
import { releasedRecord } from '../fixtures/hosts.ts';

const VIP = '10.0.0.100';
const GROUP = {
  name: 'api',
  vips: [{ family: 4, address: VIP, prefixLength: 32 }],
  links: 'auto',
} as const;
const MANAGED = [{ vip: VIP, nodes: ['cp1'] }];

await t.test('a VIP that Talos manages fails, but within its own election', async (t) => {
  t.match(judgeTalos([GROUP], MANAGED), [
    { name: 'Talos', verdict: 'fail', detail: /"10\.0\.0\.100" is managed by Talos.*"cp1"/ },
  ]);
  const joined = { ...GROUP, electionKey: talosElectionKey(VIP) };
  t.match(judgeTalos([joined], MANAGED), [{ verdict: 'ok' }]);
  t.match(judgeTalos([GROUP], []), [{ verdict: 'ok' }]);
  t.strictSame(judgeTalos([GROUP], undefined), [], 'etcd was not read');
});

await t.test('the holder by its record', async (t) => {
  const record = decodeRecord(releasedRecord('api'));
  const seen = (state: 'held' | 'released') => ({
    survey: {
      header: { clusterId: '1', revision: 1 },
      groups: [{ name: 'api', vips: [], queue: [], record: { ...record!, state } }],
      nodes: [],
    },
    managed: [],
  });
  t.equal(holderOf(seen('held'), 'api'), 'earlier');
  t.equal(holderOf(seen('released'), 'api'), null);
  t.equal(holderOf(seen('held'), 'web'), null);
  t.equal(holderOf(undefined, 'api'), undefined);
});
