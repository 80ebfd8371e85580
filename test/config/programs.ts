import { join } from 'node:path';
import { chmodSync } from 'node:fs';
import t from 'tap';
import { load, MINIMAL, only, problemsOf } from '../fixtures/loading.ts';

await t.test('a hook that is there is taken', async (t) => {
  const program = join(t.testdir({ hook: '#!/bin/sh\n' }), 'hook');
  chmodSync(program, 0o755);
  const { config } = load({ flags: { ...MINIMAL, 'hook-elected': program, 'hook-timeout': '2s' } });
  t.same(config.hooks, { elected: program, timeoutMs: 2000 });
  t.equal(load({ flags: MINIMAL }).config.hooks, undefined, 'nothing is loaded for none');
});

await t.test('one that could never run is refused by its name', async (t) => {
  const dir = t.testdir({ text: 'no program', folder: {} });
  chmodSync(join(dir, 'text'), 0o644);
  const cases = {
    [join(dir, 'missing')]: { problem: 'is not there', remedy: /ENOENT/ },
    [join(dir, 'folder')]: { problem: 'is no file' },
    [join(dir, 'text')]: { problem: 'cannot be executed', remedy: `chmod +x ${join(dir, 'text')}` },
    'hook.sh': { problem: 'is no absolute path' },
  };
  for (const [value, expected] of Object.entries(cases)) {
    const found = problemsOf(() => load({ flags: { ...MINIMAL, 'hook-released': value } }));
    only(t, found, [{ field: '--hook-released', value, ...expected }]);
  }
});

await t.test('its time is 100 ms to 10 minutes', async (t) => {
  for (const value of ['99ms', '11m', '5']) {
    const found = problemsOf(() => load({ flags: { ...MINIMAL, 'hook-timeout': value } }));
    only(t, found, [{ field: '--hook-timeout', value }]);
  }
});
