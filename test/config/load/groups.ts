import t from 'tap';
import { load, MINIMAL, only, problemsOfGroups } from '../../fixtures/loading.ts';

await t.test('groups stay apart: names, VIPs and elections', async (t) => {
  const a = 'name: a, vips: [10.0.0.100]';
  const b = 'name: b, vips: [10.0.0.101]';
  t.same(problemsOfGroups(a, b), []);
  only(t, problemsOfGroups(a, 'name: a, vips: [10.0.0.101]'), [
    { field: 'groups[1].name (a.yaml:3)' },
  ]);
  only(t, problemsOfGroups(a, 'name: b, vips: [10.0.0.100/24]'), [
    { field: 'groups[1].vips[0] (a.yaml:3)', problem: /10.0.0.100 a second time, after group a/ },
  ]);
  only(t, problemsOfGroups('name: a, vips: []'), [{ field: 'groups[0].vips (a.yaml:2)' }]);
  const key = (one: string, other: string): number =>
    problemsOfGroups(`${a}, electionKey: "${one}"`, `${b}, electionKey: "${other}"`).length;
  t.equal(key('talos:a', 'talos:b'), 0);
  t.equal(key('talos:a', 'talos:a'), 1);
  t.equal(key('/x', '/x/y'), 1);
  t.equal(key('/x', '/xy'), 0);
  t.equal(key('/vip-elector/elections/a', '/x'), 0);
  t.equal(key('/vip-elector/elections/b', '/x'), 1);
  t.equal(key('/vip-elector/nodes', '/x'), 1);
  t.equal(key('/vip-elector', '/x'), 1);
});

await t.test('an election key that is the default is none of its own', async (t) => {
  const flags = { ...MINIMAL, 'election-key': '/vip-elector/elections/default' };
  t.notOk('electionKey' in (load({ flags }).config.groups[0] ?? {}));
  const foreign = { ...MINIMAL, 'election-key': 'talos:x' };
  t.equal(load({ flags: foreign }).config.groups[0]?.electionKey, 'talos:x');
});
