// The model check, by itself: npm run model [-- --full | --trace WORD,WORD]. Plain JavaScript that
// starts tap, for tap does not pass options on to a test.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [option, words, ...rest] = process.argv.slice(2);
const env = { ...process.env };
if (option === '--full' && words === undefined) env['VIP_ELECTOR_MODEL_FULL'] = '1';
else if (option === '--trace' && words !== undefined && rest.length === 0) {
  env['VIP_ELECTOR_MODEL_TRACE'] = words;
} else if (option !== undefined) {
  process.stderr.write('usage: npm run model [-- --full | --trace WORD,WORD]\n');
  process.exit(2);
}
const tap = fileURLToPath(new URL('../../node_modules/.bin/tap', import.meta.url));
const { status, error } = spawnSync(tap, ['--reporter=tap', 'test/model/holder.ts'], {
  cwd: root,
  env,
  stdio: 'inherit',
});
if (error !== undefined) process.stderr.write(`model: cannot start tap: ${error.message}\n`);
process.exit(status ?? 1);
