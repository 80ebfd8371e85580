import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageVersion } from '../src/version.ts';

await t.test('the version is that of package.json', async (t) => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  t.equal(packageVersion(), (JSON.parse(text) as { version: string }).version);
  t.match(packageVersion(), /^\d+\.\d+\.\d+/);
});
