import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ExitCode, PrivilegeError } from '../../src/errors.ts';
import { neededCapabilities, requireCapabilities } from '../../src/runtime/privileges.ts';

/** linux/capability.h: CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13. */
const status = (capEff: string): string =>
  `Name:\tnode\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t${capEff}\n` +
  'CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\n';

await t.test('both capabilities are enough, whatever else there is', async (t) => {
  t.doesNotThrow(() => requireCapabilities(status('0000000000003000')));
  t.doesNotThrow(() => requireCapabilities(status('000001ffffffffff')));
});

await t.test('each one that is missing is named, with why and the remedy', async (t) => {
  const refusal = (capEff: string): string => {
    try {
      requireCapabilities(status(capEff));
    } catch (error) {
      t.ok(error instanceof PrivilegeError);
      t.equal((error as PrivilegeError).exitCode, ExitCode.missingPrivilege);
      return (error as PrivilegeError).message;
    }
    return '';
  };
  const admin = refusal('0000000000002000');
  t.match(admin, /^missing CAP_NET_ADMIN \(to put addresses on links\)\. /);
  const raw = refusal('0000000000001000');
  t.match(raw, /^missing CAP_NET_RAW \(to send gratuitous ARP\)\. /);
  const both = refusal('000001ffffffcfff');
  t.match(both, /^missing CAP_NET_ADMIN .* and CAP_NET_RAW /);
  t.match(both, /AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW/);
});

/** Which capabilities are there, by name. */
const present = (capEff: string): unknown =>
  Object.fromEntries(neededCapabilities(status(capEff)).map((each) => [each.name, each.present]));

await t.test('each one can be looked at, present or not', async (t) => {
  t.same(present('0000000000003000'), { CAP_NET_ADMIN: true, CAP_NET_RAW: true });
  t.same(present('0000000000001000'), { CAP_NET_ADMIN: true, CAP_NET_RAW: false });
  t.same(present('0000000000000000'), { CAP_NET_ADMIN: false, CAP_NET_RAW: false });
});

await t.test('what is permitted but not effective does not count', async (t) => {
  t.throws(() => requireCapabilities(status('0000000000000000')), PrivilegeError);
  t.throws(() => requireCapabilities('Name:\tnode\n'), PrivilegeError);
});

await t.test('a process without them is refused by its own /proc/self/status', async (t) => {
  const module = fileURLToPath(new URL('../../src/runtime/privileges.ts', import.meta.url));
  const program =
    `import { requireCapabilities } from ${JSON.stringify(module)};` +
    'try { requireCapabilities(); console.log("may"); } catch (error) { console.log(error.name); }';
  const run = (...wrap: string[]): string => {
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', program];
    const [command = '', ...args] = [...wrap, ...node];
    return spawnSync(command, args, { encoding: 'utf8' }).stdout.trim();
  };
  t.equal(run('setpriv', '--inh-caps=-all', '--bounding-set=-net_raw'), 'PrivilegeError');
  if (process.getuid?.() === 0) t.equal(run(), 'may');
});
