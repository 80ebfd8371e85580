import { mkdirSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { buildEtcd, hasGo } from '../../src/lab/etcd-build.ts';

/** With nothing on the path. */
async function withoutPath<T>(directory: string, act: () => Promise<T>): Promise<T> {
  const before = process.env['PATH'];
  process.env['PATH'] = directory;
  try {
    return await act();
  } finally {
    process.env['PATH'] = before;
  }
}

await t.test('absent Go is said', async (t) => {
  t.equal(await withoutPath(t.testdir(), hasGo), false);
});

await t.test('a server that was built is used again, without Go', async (t) => {
  // No release line, so that no real one is touched.
  const program = fileURLToPath(new URL('../../.cache/etcd/0.0/etcd', import.meta.url));
  if (!existsSync(program)) {
    mkdirSync(fileURLToPath(new URL('.', new URL(`file://${program}`))), { recursive: true });
    writeFileSync(program, '');
  }
  const found = await withoutPath(t.testdir(), () =>
    buildEtcd('0.0', () => t.fail('nothing is built')),
  );
  t.equal(found, program);
});

await t.test('what cannot be built is an error that says which step', async (t) => {
  const lines: string[] = [];
  const built = withoutPath(t.testdir(), () => buildEtcd('0.1', (line) => void lines.push(line)));
  await t.rejects(built, { name: 'OperatorError', message: /^go get .*@v0\.1 failed/ });
  t.match(lines, [/building etcd 0\.1/]);
});
