import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { CORE, MATRIX, MATRIX_SCENARIOS } from '../../src/lab/matrix.ts';
import { SCENARIOS } from '../../src/lab/scenarios.ts';

const root = new URL('../../', import.meta.url);

await t.test('the forty faults are all there, each with something that shows it', async (t) => {
  t.same(
    MATRIX.map(({ number }) => number),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  for (const { number, scenarios = [], tests = [], hand } of MATRIX) {
    t.ok(scenarios.length + tests.length > 0 || hand !== undefined, `${number} is shown somehow`);
  }
});

await t.test('what the rows name is there, and no scenario is left out', async (t) => {
  const known = MATRIX_SCENARIOS.map(({ name }) => name);
  t.equal(new Set(known).size, known.length, 'each name once');
  const named = new Set(MATRIX.flatMap(({ scenarios = [] }) => scenarios));
  t.same([...named].toSorted(), known.toSorted(), 'every scenario stands for a fault');
  for (const file of MATRIX.flatMap(({ tests = [] }) => tests)) {
    t.ok(existsSync(fileURLToPath(new URL(file, root))), file);
  }
  for (const { name } of SCENARIOS) {
    t.ok(name === 'idle' || known.includes(name), `${name} of the demonstration is a part of it`);
  }
  t.ok(CORE.length > 10, 'the core for other versions of etcd');
});

await t.test('scenarios that share a lab stand together: each lab is made once', async (t) => {
  const labs = MATRIX_SCENARIOS.map(({ needs = {}, etcdOver = 'end0' }) =>
    JSON.stringify([needs, etcdOver]),
  );
  const changes = labs.filter((lab, index) => lab !== labs[index - 1]);
  t.equal(changes.length, new Set(labs).size);
});

await t.test('the page lists the same faults and scenarios', async (t) => {
  const page = readFileSync(new URL('docs/faults.md', root), 'utf8');
  for (const { number, fault, scenarios = [], tests = [] } of MATRIX) {
    const line = page.split('\n').find((text) => text.startsWith(`| ${number} | `)) ?? '';
    t.ok(line.startsWith(`| ${number} | ${fault} |`), `${number}: ${fault}`);
    for (const name of scenarios) t.ok(line.includes(`\`${name}\``), `${number}: ${name}`);
    for (const file of tests) t.ok(line.includes(file), `${number}: ${file}`);
  }
});
