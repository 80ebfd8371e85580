// What a running daemon has loaded, from its start to its end: what its configuration needs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { makeSite, ramDirectory } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const RECORDER = fileURLToPath(new URL('../fixtures/loaded-modules.mjs', import.meta.url));
/** The daemon's first module: from there on V8 compiles whole what is loaded (compile-ahead.ts). */
const DAEMON = '/dist/daemon.js';
/** For other commands, other configurations, or nobody. */
const FORBIDDEN = [
  /\/dist\/(lab|check)\//,
  /\/dist\/election\/etcd\/inspection\.js/,
  /\/dist\/fencing\/nftables\/rehearsal\.js/,
  /\/dist\/cli\/(lab|faults|status|check|cleanup|control-client|recorded-addresses)/,
  /\/dist\/config\/render\.js/,
  /\/node_modules\/(yaml|pino-pretty|tap|@tapjs|typescript|fast-check)\//,
  // The languages of zod, all of which its ES modules bring.
  /\/node_modules\/zod\/v4\/locales\/(?!en\.)/,
  /\/node_modules\/zod\/.*\.js$/,
  /\/src\/.*\.ts$/,
];

await inNamespace(t, import.meta.url, async () => {
  const { h1, start } = await makeSite(t, { hosts: 1 });
  const file = join(ramDirectory(t, 'loaded'), 'modules');
  const env = { NODE_OPTIONS: `--import=${RECORDER}`, LOADED_MODULES: file };
  const daemon = start(h1, { env });
  await daemon.said({ msg: 'transition', to: 'leading' });
  t.match(await daemon.stop(), { code: 0 });
  const loaded = readFileSync(file, 'utf8').trimEnd().split('\n');
  const from = loaded.findIndex((url) => url.endsWith(DAEMON));
  t.not(from, -1, 'the record has the daemon');
  for (const name of ['etcd3', '@grpc/grpc-js', 'koffi', 'pino', 'prom-client']) {
    t.ok(
      loaded.some((url) => url.includes(`/node_modules/${name}/`)),
      `it has ${name}`,
    );
  }

  await t.test('nothing that this configuration does not need', async (t) => {
    for (const pattern of FORBIDDEN) {
      t.strictSame(
        loaded.filter((url) => pattern.test(url)),
        [],
        String(pattern),
      );
    }
  });

  await t.test('every library before V8 is told to compile whole what is loaded', async (t) => {
    const before = new Set(loaded.slice(0, from));
    const late = loaded.slice(from).filter((url) => url.includes('/node_modules/'));
    t.strictSame(
      late.filter((url) => !before.has(url)),
      [],
    );
  });
});
