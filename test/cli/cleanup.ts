import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { cleanup, withdrawFrom } from '../../src/cli/cleanup.ts';
import { takeDaemonLock } from '../../src/runtime/namespace-lock.ts';
import { recordedAddresses } from '../../src/cli/recorded-addresses.ts';
import { ExitCode, OperatorError, PrivilegeError } from '../../src/errors.ts';
import { openNetwork } from '../../src/network/rtnetlink.ts';
import { cable, inNamespace, ip } from '../fixtures/namespace.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function run(over: Partial<Parameters<typeof cleanup>[0]> = {}): Promise<string[]> {
  const lines: string[] = [];
  await cleanup({
    dryRun: false,
    force: false,
    runtimeDir: '/nonexistent',
    print: (line) => void lines.push(line),
    ...over,
  });
  return lines;
}

/** Two addresses of ours on two links, and two of somebody else. */
async function someAddresses(t: Test): Promise<void> {
  t.teardown(cable('end0', 'host0'));
  t.teardown(cable('end1', 'host1'));
  ip('addr', 'add', '10.0.0.1/24', 'dev', 'end0');
  ip('addr', 'add', '10.0.0.9/32', 'dev', 'end0', 'valid_lft', '100', 'preferred_lft', '0');
  const network = await openNetwork();
  const indexOf = new Map((await network.links()).map(({ name, index }) => [name, index]));
  const ours = { family: 4, address: '10.0.0.5', prefixLength: 32 } as const;
  await network.assign(indexOf.get('end0') ?? 0, ours, 100);
  const other = { family: 6, address: 'fd00::5', prefixLength: 128 } as const;
  await network.assign(indexOf.get('end1') ?? 0, other, 100);
  network.close();
}

/** Runs the program itself in this namespace, with other programs before it. */
function vipElector(args: readonly string[], before: readonly string[] = []) {
  const command = [...before, process.execPath, ...process.execArgv, MAIN, ...args];
  return spawnSync(command[0]!, command.slice(1), { encoding: 'utf8', timeout: 60_000 });
}

const isThere = (address: string): boolean => ip('-o', 'addr', 'show').includes(` ${address}`);

const NOTHING_KNOWN = { recorded: [], fenced: [] };

await inNamespace(t, import.meta.url, async () => {
  await t.test('what carries our mark goes from every link, all else stays', async (t) => {
    await someAddresses(t);
    t.same((await run()).toSorted(), [
      'confirmed: no address on any link is ours any more',
      'withdrew 10.0.0.5/32 on end0',
      'withdrew fd00::5/128 on end1',
    ]);
    t.notOk(isThere('10.0.0.5/32'));
    t.notOk(isThere('fd00::5/128'));
    t.ok(isThere('10.0.0.1/24'));
    t.ok(isThere('10.0.0.9/32'), 'a lifetime is no mark');
    t.same(await run(), ['nothing to withdraw: no address on any link is ours'], 'twice is once');
  });

  await t.test('after a service that failed nothing goes: the next start resumes', async (t) => {
    await someAddresses(t);
    for (const serviceResult of ['signal', 'watchdog', 'exit-code']) {
      t.match(await run({ serviceResult }), [new RegExp(`left as it is.* ${serviceResult}$`)]);
    }
    t.ok(isThere('10.0.0.5/32') && isThere('fd00::5/128'));
  });

  await t.test('after a clean stop what the state file claims stays, else all goes', async (t) => {
    await someAddresses(t);
    const runtimeDir = t.testdir();
    const kept = { link: 'end0', address: '10.0.0.5', prefixLength: 32 };
    writeFileSync(join(runtimeDir, 'state.json'), JSON.stringify({ addresses: [kept] }));
    t.match(await run({ serviceResult: 'success', runtimeDir }), [/^left as it is: /]);
    t.ok(isThere('10.0.0.5/32'));
    writeFileSync(join(runtimeDir, 'state.json'), JSON.stringify({ addresses: [] }));
    t.ok(
      (await run({ serviceResult: 'success', runtimeDir })).includes(
        'withdrew 10.0.0.5/32 on end0',
      ),
    );
    t.notOk(isThere('10.0.0.5/32'));
  });

  await t.test('a start that SIGTERM met before it listened kept nothing: all goes', async (t) => {
    await someAddresses(t);
    const runtimeDir = t.testdir();
    const earlier = { link: 'end0', address: '10.0.0.5', prefixLength: 32 };
    writeFileSync(join(runtimeDir, 'state.json'), JSON.stringify({ addresses: [earlier] }));
    await run({ serviceResult: 'success', exitCode: 'killed', runtimeDir });
    t.notOk(isThere('10.0.0.5/32'));
  });

  await t.test('a dry run prints the same addresses and changes nothing', async (t) => {
    await someAddresses(t);
    t.same((await run({ dryRun: true })).toSorted(), [
      'would withdraw 10.0.0.5/32 on end0',
      'would withdraw fd00::5/128 on end1',
    ]);
    t.ok(isThere('10.0.0.5/32'));
    t.ok(isThere('fd00::5/128'));
  });

  await t.test('while a daemon runs it refuses, unless forced', async (t) => {
    await someAddresses(t);
    const daemon = createServer().listen('\0vip-elector');
    await once(daemon, 'listening');
    t.teardown(() => daemon.close());
    await t.rejects(run(), { message: /a daemon runs/, exitCode: ExitCode.failed });
    t.ok(isThere('10.0.0.5/32'), 'nothing was touched');
    t.equal((await run({ dryRun: true })).length, 2, 'looking is allowed');
    await run({ force: true });
    t.notOk(isThere('10.0.0.5/32'));
  });

  await t.test('the lock keeps a daemon from starting meanwhile, and is given back', async (t) => {
    const giveBack = await takeDaemonLock();
    t.equal(await takeDaemonLock(), undefined);
    await giveBack?.();
    const again = await takeDaemonLock();
    t.type(again, 'function');
    await again?.();
    t.same(await run(), ['nothing to withdraw: no address on any link is ours']);
    await (
      await takeDaemonLock()
    )?.();
  });

  await t.test('without CAP_NET_ADMIN it says which capability is missing', async (t) => {
    await someAddresses(t);
    const { status, stderr } = vipElector(['cleanup'], ['setpriv', '--bounding-set=-net_admin']);
    t.equal(status, ExitCode.missingPrivilege);
    t.match(stderr, /^vip-elector: cannot withdraw .* CAP_NET_ADMIN is missing; .*sudo/);
    t.ok(isThere('10.0.0.5/32'));
  });

  await t.test('where the kernel keeps no marks, the state file says what is ours', async (t) => {
    await someAddresses(t);
    ip('addr', 'add', '10.0.0.7/32', 'dev', 'end0');
    const real = await openNetwork();
    t.teardown(() => real.close());
    // A kernel before 5.18: the same, but for the marks.
    const network = {
      marksAddresses: false,
      links: () => real.links(),
      addresses: async () => (await real.addresses()).map((each) => ({ ...each, ours: false })),
      withdraw: real.withdraw.bind(real),
    };
    const lines: string[] = [];
    const recorded = [
      { link: 'end0', address: '10.0.0.9', prefixLength: 32 },
      { link: 'end1', address: '10.0.0.5', prefixLength: 32 },
      { link: 'end0', address: '10.0.0.7', prefixLength: 32 },
      { link: 'end9', address: '10.0.0.8', prefixLength: 32 },
    ];
    const print = (line: string): void => void lines.push(line);
    await withdrawFrom(network, { recorded, fenced: [] }, { dryRun: false, print });
    t.same(lines, [
      'withdrew 10.0.0.9/32 on end0',
      'confirmed: no address on any link is ours any more',
    ]);
    t.ok(isThere('10.0.0.5/32'), 'recorded on another link');
    t.ok(isThere('10.0.0.7/32'), 'without a lifetime it is not of ours');
    const fenced = ['10.0.0.5', '10.0.0.7'];
    await withdrawFrom(network, { recorded: [], fenced }, { dryRun: false, print });
    t.notOk(isThere('10.0.0.5/32'), 'what our tables manage is ours, wherever it is');
    t.ok(isThere('10.0.0.7/32'));
  });

  await t.test('an address that stays is a failure, and the others go all the same', async (t) => {
    await someAddresses(t);
    const real = await openNetwork();
    t.teardown(() => real.close());
    const network = {
      marksAddresses: true,
      links: () => real.links(),
      addresses: () => real.addresses(),
      withdraw: (link: number, vip: Parameters<typeof real.withdraw>[1]) =>
        vip.family === 4 ? Promise.reject(new Error('TIMEOUT')) : real.withdraw(link, vip),
    };
    const failure = withdrawFrom(network, NOTHING_KNOWN, { dryRun: false, print: () => undefined });
    await t.rejects(failure, {
      message: 'cannot withdraw 10.0.0.5/32 on end0: TIMEOUT\nstill there: 10.0.0.5/32 on end0',
      exitCode: ExitCode.failed,
    });
    t.notOk(isThere('fd00::5/128'));
  });

  await t.test('the command takes its options from the command line', async (t) => {
    await someAddresses(t);
    const dry = vipElector(['cleanup', '--dry-run', '--runtime-dir', '/nonexistent']);
    t.match(dry, { status: 0, stderr: '' });
    t.match(dry.stdout, /^would withdraw 10\.0\.0\.5\/32 on end0$/m);
    t.ok(isThere('10.0.0.5/32'));
    t.equal(vipElector(['cleanup', '--dry']).status, ExitCode.usage);
    t.equal(vipElector(['cleanup']).status, ExitCode.done);
    t.notOk(isThere('10.0.0.5/32'));
  });

  await t.test('a state file is read strictly', async (t) => {
    const directory = t.testdir({});
    const read = (state: unknown): unknown => {
      const text = typeof state === 'string' ? state : JSON.stringify(state);
      writeFileSync(join(directory, 'state.json'), text);
      return recordedAddresses(directory);
    };
    const address = { link: 'end0', address: '10.0.0.5', prefixLength: 32 };
    t.same(recordedAddresses(join(directory, 'missing')), [], 'no file, no addresses');
    t.same(read({ seq: 7 }), []);
    t.same(read({ seq: 7, addresses: [address] }), [address]);
    t.same(read({ bootId: 'another boot', addresses: [address] }), [], 'of another boot');
    for (const wrong of [
      '',
      '[]',
      '{',
      { addresses: {} },
      { addresses: [{ ...address, address: 'end0' }] },
      { addresses: [{ ...address, prefixLength: 129 }] },
      { addresses: [{ ...address, prefixLength: '32' }] },
      { addresses: [{ ...address, link: '' }] },
      { addresses: [{ ...address, more: 1 }] },
    ]) {
      t.throws(() => read(wrong), OperatorError, JSON.stringify(wrong));
    }
    t.throws(() => recordedAddresses(join(directory, 'state.json')), /cannot read/);
  });

  await t.test('the error for a missing privilege is one of its own', async (t) => {
    const network = {
      marksAddresses: true,
      links: () => Promise.resolve([]),
      addresses: () =>
        Promise.resolve([
          {
            linkIndex: 3,
            family: 4 as const,
            address: '10.0.0.5',
            prefixLength: 32,
            ours: true,
            validSeconds: 3,
          },
        ]),
      withdraw: () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' })),
    };
    const failure = withdrawFrom(network, NOTHING_KNOWN, { dryRun: false, print: () => undefined });
    await t.rejects(failure, PrivilegeError);
    await t.rejects(
      withdrawFrom(network, NOTHING_KNOWN, { dryRun: false, print: () => undefined }),
      {
        message: /10\.0\.0\.5\/32 on link 3/,
        exitCode: ExitCode.missingPrivilege,
      },
    );
  });
});
