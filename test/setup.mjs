// Makes a fresh Debian machine ready to build, test and demonstrate: Debian packages, npm packages,
// build. Plain JavaScript, for it runs before anything is built. Does nothing that is done already.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MIN_NODE = [20, 19];
/** Debian package of each program that tests and lab start, and of what gcc needs. */
const PACKAGES = {
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  ip: 'iproute2',
  nft: 'nftables',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  openssl: 'openssl',
  spin: 'spin',
  tcpdump: 'tcpdump',
  'systemd-analyze': 'systemd',
  gcc: 'gcc',
  '/usr/include/stdio.h': 'libc6-dev',
};
/** With this argument also what the benchmark compares with, and its tests start. */
const BENCH = 'bench';
const BENCH_PACKAGES = { keepalived: 'keepalived' };
/** With this argument also what only the tests of test/full start. */
const FULL = 'full';
const FULL_PACKAGES = {
  prometheus: 'prometheus',
  chromium: 'chromium',
  'systemd-nspawn': 'systemd-container',
  debootstrap: 'debootstrap',
  buildah: 'buildah',
  getcap: 'libcap2-bin',
  'qemu-aarch64-static': 'qemu-user-static',
  '/usr/aarch64-linux-gnu/lib/libstdc++.so.6': 'libstdc++6-arm64-cross',
};
/** Debian starts what it installs; an etcd of its own is not wanted here. */
const POLICY = '/usr/sbin/policy-rc.d';

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}

function run(command, args, env = {}) {
  process.stderr.write(`setup: ${command} ${args.join(' ')}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // Standard output belongs to the tests: what is read there must be theirs alone.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error !== undefined) fail(`cannot start ${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ended with ${status}; see above`);
}

function hasProgram(name) {
  if (isAbsolute(name)) return existsSync(name);
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  return path.split(delimiter).some((directory) => existsSync(join(directory, name)));
}

function installPackages() {
  const extra = { [BENCH]: BENCH_PACKAGES, [FULL]: { ...BENCH_PACKAGES, ...FULL_PACKAGES } };
  const wanted = { ...PACKAGES, ...extra[process.argv[2]] };
  const missing = Object.entries(wanted).filter(([program]) => !hasProgram(program));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(([, name]) => name))];
  if (process.getuid() !== 0) {
    fail(`run as root, or install first: apt-get install ${names.join(' ')}`);
  }
  if (!hasProgram('apt-get')) fail(`this is no Debian; install by hand: ${names.join(', ')}`);
  const mine = !existsSync(POLICY);
  if (mine) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run('apt-get', ['update', '-q']);
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], {
      DEBIAN_FRONTEND: 'noninteractive',
    });
  } finally {
    if (mine) rmSync(POLICY);
  }
}

function installModules() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, '.cache', 'node-modules.sha256');
  const stamped = existsSync(stamp) && existsSync(join(root, 'node_modules', '.package-lock.json'));
  if (stamped && readFileSync(stamp, 'utf8') === digest) return;
  run('npm', ['ci', '--no-audit', '--no-fund']);
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(stamp, digest);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
  fail(`Node.js ${MIN_NODE.join('.')} or later is needed; this is ${process.versions.node}`);
}
installPackages();
installModules();
rmSync(join(root, 'dist'), { recursive: true, force: true });
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'src']);
