// What is refused whatever it is about: kinds, files, sizes, and what is not there yet.
import { join } from 'node:path';
import t from 'tap';
import type { Loaded } from '../../../src/config/load.ts';
import {
  ETCD,
  load,
  loadText,
  MINIMAL,
  only,
  problemsOf,
  problemsOfText,
} from '../../fixtures/loading.ts';

function manyVips(count: number): string {
  return Array.from({ length: count }, (_, i) => `10.1.${i >> 8}.${i & 255}/31`).join(',');
}

function manyGroups(count: number): string {
  const items = Array.from({ length: count }, (_, i) => `{ name: g${i}, vips: [10.2.0.${i + 1}] }`);
  return `groups:\n${items.map((item) => `  - ${item}\n`).join('')}`;
}

await t.test('flags of a group beside groups in the file are refused', async (t) => {
  const text = `etcd: { endpoints: [${ETCD}] }\ngroups: [{ vips: [10.0.0.100] }]`;
  const run = (): Loaded =>
    loadText(text, { flags: { vip: '10.0.0.1' }, env: { VIP_ELECTOR_LINK: 'eth0' } });
  only(t, problemsOf(run), [
    { field: '--vip', problem: /beside the groups in a.yaml:2/ },
    { field: 'VIP_ELECTOR_LINK' },
  ]);
});

await t.test('values of the wrong kind are refused where they were given', async (t) => {
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, node: ['a', 'b'] } })),
    [{ field: '--node', problem: 'is given more than once' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, node: false } })),
    [{ field: '--no-node' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: MINIMAL, env: { VIP_ELECTOR_NODE: '' } })),
    [{ field: 'VIP_ELECTOR_NODE', problem: 'is set to nothing' }],
  );
  only(
    t,
    problemsOf(() => load({ flags: MINIMAL, env: { VIP_ELECTOR_KEEP_ON_STOP: 'ja' } })),
    [{ field: 'VIP_ELECTOR_KEEP_ON_STOP', remedy: 'write true or false' }],
  );
  only(t, problemsOfText('keepOnStop: "true"'), [{ problem: 'is neither true nor false' }]);
  only(t, problemsOfText('listen:'), [{ problem: 'is empty' }]);
  only(t, problemsOfText('log: [a]'), [{ problem: 'is no mapping' }]);
  only(t, problemsOfText('groups: x'), [{ field: 'groups (a.yaml:1)', problem: 'is no list' }]);
});

await t.test('a file that is a directory is refused as that', async (t) => {
  const config = t.testdir();
  const found = problemsOf(() => load({ flags: { ...MINIMAL, config } }));
  only(t, found, [{ field: '--config', value: config, remedy: /EISDIR/ }]);
});

await t.test('a file that is no mapping, no YAML or not there is refused as such', async (t) => {
  only(
    t,
    problemsOf(() => loadText('- a')),
    [{ field: 'a.yaml' }],
  );
  only(
    t,
    problemsOf(() => loadText('node: a\nnode: b')),
    [{ field: 'a.yaml:2:1' }],
  );
  only(
    t,
    problemsOf(() => loadText('a: [')),
    [{ field: 'a.yaml:1:5', problem: 'is no YAML' }],
  );
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdef'
    .split('')
    .map((key, i) => `${key}: &${key} [${`*${'abcde'[i]},`.repeat(9)}]`)
    .join('\n')}`;
  only(
    t,
    problemsOf(() => loadText(bomb)),
    [{ problem: 'cannot be unfolded' }],
  );
  const missing = join(t.testdir({}), 'none.yaml');
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, config: missing } })),
    [{ field: '--config', problem: 'cannot be read', remedy: /ENOENT/ }],
  );
});

await t.test('what is no profile is refused with the reason', async (t) => {
  const remedy = 'use steady, fast, adaptive, seconds';
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, profile: 'quick' } })),
    [{ field: '--profile', value: 'quick', problem: 'is no profile', remedy }],
  );
});

await t.test('timing is checked under the name that its author used', async (t) => {
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, 'hold-for': '1s' } })),
    [{ field: '--hold-for', value: '1s', remedy: 'the smallest value that works is 1.4s' }],
  );
  const ofSeconds = { ...MINIMAL, profile: 'seconds', 'hold-for': '3s' };
  only(
    t,
    problemsOf(() => load({ flags: ofSeconds })),
    [{ field: '--hold-for', value: '3s', remedy: 'the smallest value that works is 3.4s' }],
  );
  only(t, problemsOfText('announceEvery: 2m'), [{ field: 'announceEvery (a.yaml:1)' }]);
});

await t.test('limits of size hold', async (t) => {
  t.equal(load({ flags: { ...MINIMAL, vip: manyVips(1000) } }).config.groups[0]?.vips.length, 1000);
  only(
    t,
    problemsOf(() => load({ flags: { ...MINIMAL, vip: manyVips(1001) } })),
    [{ problem: 'has 1001 entries' }],
  );
  t.same(problemsOfText(manyGroups(100)), []);
  only(t, problemsOfText(manyGroups(101)), [{ problem: 'has too many entries' }]);
});
