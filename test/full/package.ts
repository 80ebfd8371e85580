// The package: the same twice, installed and run on a booted Debian, upgraded while it holds, purged; and
// the one for arm64 as far as an emulated processor goes.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BootedHost } from '../fixtures/booted-host.ts';
import { install, makePackage } from '../fixtures/debian-package.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const QEMU_LIBRARIES = '/usr/aarch64-linux-gnu';

await inNamespace(t, import.meta.url, async () => {
  const dir = mkdtempSync('/run/package-');
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const first = makePackage(join(dir, 'first'));

  await t.test('the same sources give the same bytes', async (t) => {
    const again = makePackage(join(dir, 'again'));
    t.ok(readFileSync(again).equals(readFileSync(first)));
    rmSync(again);
  });

  await t.test('installed, it starts; upgraded, it goes on; purged, it is gone', async (t) => {
    // The longest hold: how fast this machine starts a process must not decide.
    const booted = await BootedHost.start('holdFor: 10s\n');
    t.teardown(() => booted[Symbol.asyncDispose]());
    const { lab } = booted;
    const vip = lab.vips[0]!;

    const installed = await install(booted, first);
    t.equal(installed.status, 0, installed.stderr);
    t.equal(await booted.property('ActiveState'), 'active');
    t.equal(await booted.property('UnitFileState'), 'enabled');
    t.match((await booted.run('vip-elector', '--version')).stdout, /^\d+\.\d+\.\d+$/m);
    t.same(await booted.run('dpkg', '--verify', 'vip-elector'), {
      status: 0,
      stdout: '',
      stderr: '',
    });
    await booted.holds();
    const shown = await booted.run(
      'vip-elector',
      'status',
      '--config',
      '/etc/vip-elector/config.yaml',
    );
    t.match(shown.stdout, new RegExp(`default +${vip} +h1`));

    const second = makePackage(join(dir, 'second'), { revision: '2' });
    const before = await booted.main();
    const upgrade = await booted.watched(async () => {
      const { status, stderr } = await install(booted, second);
      t.equal(status, 0, stderr);
      await until('a resumed hold', async () =>
        (await booted.journal('lease-resumed')).length > 0 ? true : undefined,
      );
    });
    rmSync(second);
    const after = await booted.main();
    t.match((await booted.run('dpkg', '--status', 'vip-elector')).stdout, /^Version: .*-2$/m);
    t.not(after.pid, before.pid, 'it is the new one that runs');
    t.equal(upgrade.after, 0, 'the same host holds');
    t.equal(upgrade.lostProbes, 0, `no probe was lost in an upgrade (${upgrade.outageMs} ms)`);
    t.equal(upgrade.twoHoldersMs, 0);

    const purged = await booted.watched(
      async () => {
        const { status, stdout, stderr } = await booted.run('dpkg', '--purge', 'vip-elector');
        t.equal(status, 0, stderr);
        t.notMatch(stdout + stderr, /warning|not empty/);
      },
      async () => lab.clock.sleep(1_000),
    );
    t.equal(purged.after, 1, 'the other host holds');
    t.ok(purged.outageMs <= 100, `handed over: ${purged.outageMs} ms`);
    t.equal(purged.twoHoldersMs, 0);
    const left = await booted.run('find', '/', '-xdev', '-name', '*vip-elector*');
    t.same(
      left.stdout.split('\n').filter((path) => path !== '' && !path.startsWith('/root/')),
      [],
    );
    t.equal(left.status, 0, left.stderr);
    t.notOk((await booted.host.addresses()).some(({ address }) => address === vip));
    t.equal(ip('netns', 'exec', booted.host.namespace, 'nft', 'list', 'tables'), '');
  });

  await t.test('without a configuration it is installed and waits', async (t) => {
    const booted = await BootedHost.start();
    t.teardown(() => booted[Symbol.asyncDispose]());
    rmSync(join(booted.root, 'etc/vip-elector/config.yaml'));
    const { status, stdout } = await install(booted, first);
    t.equal(status, 0);
    t.match(stdout, 'does not yet name an address');
    t.equal(await booted.property('ActiveState'), 'inactive');
    t.ok(existsSync(join(booted.root, 'etc/vip-elector/config.yaml')));
  });

  await t.test('arm64, compressed, under an emulated processor', async (t) => {
    const file = makePackage(join(dir, 'arm64'), { arch: 'arm64', compression: 'gzip' });
    const root = join(dir, 'root');
    execFileSync('dpkg-deb', ['--extract', file, root]);
    t.equal(
      execFileSync('dpkg-deb', ['--field', file, 'Architecture'], { encoding: 'utf8' }),
      'arm64\n',
    );
    const home = join(root, 'usr/lib/vip-elector');
    mkdirSync(join(dir, 'run'));
    const config = join(dir, 'config.yaml');
    writeFileSync(
      config,
      'etcd: { endpoints: ["http://127.0.0.1:9"], insecure: true }\n' +
        `groups: [{ vips: [10.9.9.9], link: end0 }]\nruntimeDir: ${join(dir, 'run')}\n`,
    );
    const run = (...args: string[]) =>
      spawnSync(
        'env',
        [
          '-u',
          'NODE_OPTIONS',
          'qemu-aarch64-static',
          '-L',
          QEMU_LIBRARIES,
          join(home, 'bin/node'),
          join(home, 'dist/main.js'),
          ...args,
        ],
        { encoding: 'utf8', timeout: 180_000, env: { PATH: process.env['PATH'] } },
      );
    t.match(run('--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
    t.match(run('config', '--config', config), { status: 0, stdout: /10\.9\.9\.9/ });
    const checked = run('check', '--config', config);
    t.equal(checked.status, 3, `${checked.stdout}${checked.stderr}`);
    t.match(checked.stdout, /etcd/, 'it looked, and found that no etcd answers');
  });
});
