import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Instant } from '../../src/clock.ts';
import { StateFile, readBootId } from '../../src/runtime/state-file.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const OWNER = { node: 'n1', prefix: '/vip-elector' };
const BOOT = 'b0071d00-0000-4000-8000-000000000001';
const TOKEN = { group: 'api', token: { key: '/vip-elector/elections/api/1', createRevision: 7 } };
const ADDRESS = { link: 'end0', address: '10.0.0.100', prefixLength: 32 };

/** Each a start of Node; each at another moment of its saves. */
const KILLS = 5;

/** A state file with everything in it. */
function written(directory: string, clock = new VirtualClock()): StateFile {
  const state = new StateFile(directory, OWNER, clock, BOOT);
  const { memory } = state;
  memory.seq = 5_000_000;
  memory.promisedEnd = 1_004_000 as Instant;
  memory.provedEnd = 1_003_500 as Instant;
  memory.quietUntil = 1_009_000 as Instant;
  memory.leaseId = '1a2b';
  memory.tokens = [TOKEN];
  memory.clusterId = '14841639068965178418';
  memory.highestRevision = 42;
  state.setAddresses([ADDRESS]);
  return state;
}

await t.test('the boot ID is the kernel’s', async (t) => {
  t.match(readBootId(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const state = new StateFile(t.testdir(), OWNER, new VirtualClock());
  t.equal(state.memory.bootId, readBootId());
});

await t.test('where nothing is, it begins anew and says so', async (t) => {
  const clock = new VirtualClock();
  const directory = t.testdir();
  const state = new StateFile(directory, OWNER, clock, BOOT);
  t.equal(state.foundPredecessor, false);
  t.match(state.memory.identity, /^[0-9a-f]{32}$/);
  t.strictSame(
    { ...state.memory, identity: '' },
    {
      identity: '',
      bootId: BOOT,
      seq: Math.floor(clock.now()),
      promisedEnd: clock.now(),
      provedEnd: clock.now(),
      quietUntil: 0,
      leaseId: undefined,
      tokens: [],
      burnt: [],
      clusterId: undefined,
      highestRevision: 0,
    },
  );
  t.strictSame(state.addresses, []);
  const other = new StateFile(directory, OWNER, clock, BOOT);
  t.not(other.memory.identity, state.memory.identity, 'every identity is random');
});

await t.test('what was saved is there after a restart on the same boot', async (t) => {
  const directory = t.testdir();
  const first = written(directory);
  const again = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
  t.equal(again.foundPredecessor, true);
  t.strictSame(again.memory, first.memory);
  t.strictSame(again.addresses, [ADDRESS]);
});

await t.test('a save keeps what was not told by name, for both of its users', async (t) => {
  const directory = t.testdir();
  const state = written(directory);
  state.memory.leaseId = undefined;
  state.memory.tokens = [];
  state.save();
  const again = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
  t.equal(again.memory.leaseId, undefined);
  t.strictSame(again.memory.tokens, []);
  t.strictSame(again.addresses, [ADDRESS]);
});

await t.test('it is for root’s eyes, and nothing else lies beside it', async (t) => {
  const directory = t.testdir();
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  written(directory);
  t.strictSame(readdirSync(directory), ['state.json']);
  t.equal(statSync(join(directory, 'state.json')).mode & 0o777, 0o600);
});

await t.test('a successor never sees half a state: another state replaces the file', async (t) => {
  const directory = t.testdir();
  const state = written(directory);
  const path = join(directory, 'state.json');
  const inode = statSync(path).ino;
  state.memory.tokens = [];
  state.save();
  t.not(statSync(path).ino, inode, 'another file, renamed into its place');
  writeFileSync(join(directory, 'state.json.new'), '{"version":1,"iden');
  const again = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
  t.equal(again.foundPredecessor, true, 'a write that was cut off does not count');
  again.save();
  t.strictSame(readdirSync(directory), ['state.json']);
});

await t.test('what a beat changes is written into the file that is there', async (t) => {
  const directory = t.testdir();
  const state = written(directory);
  const { memory } = state;
  const path = join(directory, 'state.json');
  const inode = statSync(path).ino;
  for (const promisedEnd of [1_005_000, 1_005_100.123456789, 1_005_200.5]) {
    memory.seq += 1;
    memory.promisedEnd = promisedEnd as Instant;
    memory.highestRevision *= 3;
    state.save();
    t.equal(statSync(path).ino, inode);
    const again = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
    t.strictSame(again.memory, memory);
    t.strictSame(again.addresses, [ADDRESS]);
  }
});

await t.test('an end of another save than the beginning is like no state', async (t) => {
  const directory = t.testdir();
  const path = join(directory, 'state.json');
  const { memory } = written(directory);
  const torn = readFileSync(path, 'utf8').replace(`"seq":${memory.seq}`, '"seq":5000001');
  writeFileSync(path, torn);
  t.equal(new StateFile(directory, OWNER, new VirtualClock(), BOOT).foundPredecessor, false);
  writeFileSync(path, torn.replace(/,"written":\d+/, ''));
  const older = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
  t.equal(older.memory.seq, 5_000_001, 'a version before this one did not write it');
});

await t.test('a writer that is killed in the midst of saves leaves its last promise', async (t) => {
  const directory = t.testdir();
  const { identity } = written(directory).memory;
  const saver = join(import.meta.dirname, '../fixtures/endless-saves.ts');
  for (let life = 0; life < KILLS; life += 1) {
    const child = spawn(process.execPath, [...process.execArgv, saver, directory, BOOT]);
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 20 + life));
    child.kill('SIGKILL');
    await once(child, 'close');
    const { foundPredecessor, memory, addresses } = new StateFile(
      directory,
      OWNER,
      new VirtualClock(),
      BOOT,
    );
    t.equal(foundPredecessor, true);
    t.equal(memory.identity, identity);
    t.strictSame(addresses, [ADDRESS]);
    // What it had told before it died was saved before.
    const told = Number(/(\d+)\n[^\n]*$/.exec(said)?.[1]);
    t.ok(memory.seq >= told, `${memory.seq} after ${told}`);
    t.equal(memory.promisedEnd, memory.seq + 0.25, 'both of the same save');
  }
});

await t.test('of another boot nothing is taken: its instants mean nothing here', async (t) => {
  const directory = t.testdir();
  const { memory } = written(directory);
  const clock = new VirtualClock();
  const state = new StateFile(directory, OWNER, clock, 'b0071d00-0000-4000-8000-000000000002');
  t.equal(state.foundPredecessor, false);
  t.not(state.memory.identity, memory.identity);
  t.equal(state.memory.promisedEnd, clock.now());
  t.equal(state.memory.seq, Math.floor(clock.now()));
  t.strictSame(state.memory.tokens, []);
  t.strictSame(state.addresses, []);
});

await t.test('of another node or prefix: the promises bind, the tokens are not ours', async (t) => {
  for (const owner of [
    { ...OWNER, node: 'n2' },
    { ...OWNER, prefix: '/other' },
  ]) {
    const directory = t.testdir();
    const { memory } = written(directory);
    const state = new StateFile(directory, owner, new VirtualClock(), BOOT);
    t.strictSame(state.memory, {
      ...memory,
      leaseId: undefined,
      tokens: [],
      clusterId: undefined,
      highestRevision: 0,
    });
    t.strictSame(state.addresses, [ADDRESS], 'still on the link');
    t.equal(state.foundPredecessor, true);
  }
});

await t.test('the sequence grows over the boot, even if the file was lost', async (t) => {
  const directory = t.testdir();
  const clock = new VirtualClock();
  written(directory, clock);
  rmSync(join(directory, 'state.json'));
  clock.jump(60_000);
  const lost = new StateFile(directory, OWNER, clock, BOOT);
  t.equal(lost.memory.seq, Math.floor(clock.now()), 'milliseconds outrun beats');
  lost.memory.seq = 9_000_000;
  lost.save();
  const kept = new StateFile(directory, OWNER, clock, BOOT);
  t.equal(kept.memory.seq, 9_000_000, 'and what was reached is never gone below');
});

await t.test('a file that cannot be trusted is like none', async (t) => {
  const directory = t.testdir();
  written(directory);
  const path = join(directory, 'state.json');
  const good = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const spoilt: Record<string, string> = {
    empty: '',
    'cut off': JSON.stringify(good).slice(0, 80),
    'another version': JSON.stringify({ ...good, version: 2 }),
    'an identity that is none': JSON.stringify({ ...good, identity: 'x' }),
    'a sequence that is none': JSON.stringify({ ...good, seq: -1 }),
    'no promise': JSON.stringify({ ...good, promisedEnd: undefined }),
    'a token without its revision': JSON.stringify({
      ...good,
      tokens: [{ group: 'api', token: { key: 'k' } }],
    }),
    'something else': '[]',
  };
  for (const [what, text] of Object.entries(spoilt)) {
    writeFileSync(path, text);
    const state = new StateFile(directory, OWNER, new VirtualClock(), BOOT);
    t.equal(state.foundPredecessor, false, what);
    t.strictSame(state.memory.tokens, [], what);
  }
  writeFileSync(path, JSON.stringify(good));
  t.equal(new StateFile(directory, OWNER, new VirtualClock(), BOOT).foundPredecessor, true);
});

await t.test('a state that cannot be written is thrown, not swallowed', async (t) => {
  const directory = t.testdir({ gone: {} });
  const state = written(join(directory, 'gone'));
  rmSync(join(directory, 'gone'), { recursive: true });
  t.throws(() => state.save(), { name: 'JournalError', cause: { code: 'ENOENT' } });
  t.throws(() => state.setAddresses([]), { name: 'JournalError', cause: { code: 'ENOENT' } });
});
