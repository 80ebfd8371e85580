import t from 'tap';
import { COMPARED, COSTS, titleOf } from './compare/scenarios.ts';
import { setting } from './compare/setting.ts';

await t.test('the scenarios are the lab’s, without the bounds that are ours alone', (t) => {
  t.strictSame(
    COMPARED.map(({ name }) => name),
    ['handover', 'kill', 'crash', 'crash-leader', 'silent', 'etcd-cut', 'freeze'],
  );
  for (const { name, checks, checksTogether, bound } of [...COMPARED, COSTS]) {
    t.strictSame([checks, checksTogether, bound], [[], [], ''], name);
    if (name !== COSTS.name) t.not(titleOf(name), name, 'it has words for the reader');
  }
  t.end();
});

await t.test('machine, kernel and day are one line', (t) => {
  t.match(setting(new Date('2026-01-02T03:04:05Z')), /^[^\n]+ cores?, Linux [^\n]+, 2026-01-02$/);
  t.end();
});
