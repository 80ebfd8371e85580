import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { writeNew } from '../../../src/cli/talos/new-directory.ts';

const FILE = { name: 'a.yaml', text: 'a: 1\n' };

await t.test('all files are there, for nobody else to read', async (t) => {
  const dir = t.testdir({ empty: {} });
  for (const name of ['empty', 'new/deeper']) {
    await writeNew(`${dir}/${name}`, [FILE, { ...FILE, name: 'b.yaml' }]);
    t.strictSame(readdirSync(`${dir}/${name}`), ['a.yaml', 'b.yaml']);
    t.equal(statSync(`${dir}/${name}`).mode & 0o777, 0o700);
    t.equal(statSync(`${dir}/${name}/a.yaml`).mode & 0o777, 0o600);
  }
  t.strictSame(readdirSync(dir), ['empty', 'new'], 'and nothing beside');
});

await t.test('where one cannot be written there is none, and nothing beside', async (t) => {
  const dir = t.testdir({});
  const bad = { name: 'no/such/place.yaml', text: '' };
  await t.rejects(writeNew(`${dir}/out`, [FILE, bad]), /--out = .*out": cannot be written/);
  t.strictSame(readdirSync(dir), []);
});

await t.test('what is there is left alone', async (t) => {
  const dir = t.testdir({ file: '' });
  mkdirSync(`${dir}/full`);
  writeFileSync(`${dir}/full/mine`, 'x');
  await t.rejects(writeNew(`${dir}/full`, [FILE]), { message: /is not empty/, exitCode: 2 });
  await t.rejects(writeNew(`${dir}/file`, [FILE]), { message: /is no directory/, exitCode: 2 });
  t.strictSame(readdirSync(`${dir}/full`), ['mine']);
});
