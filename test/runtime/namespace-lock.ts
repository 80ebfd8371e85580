// In a namespace of its own: a daemon of this host must neither be hindered nor seen.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isDaemonLockTaken, takeDaemonLock } from '../../src/runtime/namespace-lock.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const module = fileURLToPath(new URL('../../src/runtime/namespace-lock.ts', import.meta.url));
const PROGRAM =
  `import { isDaemonLockTaken, takeDaemonLock } from ${JSON.stringify(module)};` +
  'const unlock = await takeDaemonLock(); console.log(unlock ? "has it" : "has it not");' +
  'process.stdin.resume(); process.stdin.on("end", () => process.exit());';

/** Another process that takes the lock, perhaps in another namespace; what it says. */
async function other(...wrap: string[]) {
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', PROGRAM];
  const [command = '', ...args] = [...wrap, ...node];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { said: said.toString().trim(), end };
}

/** `/proc/net/unix` with one socket. */
const line = (name: string): string =>
  `Num       RefCount Protocol Flags    Type St Inode Path\n0: 02 00 00010000 0001 01 7 ${name}\n`;

await inNamespace(t, import.meta.url, async () => {
  await t.test('one has it; the next one does not; given back, it can be had again', async (t) => {
    const unlock = await takeDaemonLock();
    t.not(unlock, undefined);
    t.equal(await takeDaemonLock(), undefined);
    const second = await other();
    t.equal(second.said, 'has it not');
    await second.end();
    await unlock?.();
    const third = await other();
    t.equal(third.said, 'has it');
    t.equal(await takeDaemonLock(), undefined);
    await third.end();
  });

  await t.test('it ends with the process that has it', async (t) => {
    const holder = await other();
    t.equal(holder.said, 'has it');
    await holder.end();
    const unlock = await takeDaemonLock();
    t.not(unlock, undefined);
    await unlock?.();
  });

  await t.test('whether it is taken is seen without taking it', async (t) => {
    t.equal(isDaemonLockTaken(), false);
    const holder = await other();
    t.equal(isDaemonLockTaken(), true);
    t.equal(isDaemonLockTaken(), true, 'again');
    await holder.end();
    t.equal(isDaemonLockTaken(), false);
    t.equal(isDaemonLockTaken(line('@vip-elector')), true, 'a Node that does not fill it up');
    for (const name of ['@vip-elector-2', '@x@vip-elector', '/run/vip-elector', '@vip-elector/x']) {
      t.equal(isDaemonLockTaken(line(name)), false, name);
    }
  });

  await t.test('another network namespace has a lock of its own', async (t) => {
    const unlock = await takeDaemonLock();
    const elsewhere = await other('unshare', '--net');
    t.equal(elsewhere.said, 'has it');
    await elsewhere.end();
    await unlock?.();
  });

  await t.test(
    'who connects is hung up on, and does not keep it from being given back',
    async (t) => {
      const unlock = await takeDaemonLock();
      const socket = connect('\0vip-elector');
      const closed = once(socket, 'close');
      socket.resume();
      await closed;
      await unlock?.();
      t.pass('given back');
    },
  );
});
