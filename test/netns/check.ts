// `check` as its users have it, on a real kernel with a real etcd: what must be true is, or is named
// with the remedy; and nothing on the host is changed, also while a daemon holds a VIP there.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import type { Finding } from '../../src/check/finding.ts';
import { addressesOf, holds, makeSite, ramDirectory, VIP, type Host } from '../fixtures/hosts.ts';
import { etcdctl } from '../fixtures/etcd-store.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';
import { run } from '../fixtures/program.ts';
import { watchHost } from '../fixtures/watched-host.ts';

/** Nobody listens there. */
const NOBODY = 'http://10.77.1.254:2379';

/** What `nft` lists in the namespace of a host, to the byte. */
const ruleset = ({ name }: Host): string =>
  execFileSync('ip', ['netns', 'exec', name, 'nft', '-a', 'list', 'ruleset'], {
    encoding: 'utf8',
  });

/** As above, without what passes by itself: counts, and the time that elements have left. */
const lasting = (host: Host): string =>
  ruleset(host).replaceAll(/packets \d+ bytes \d+|(timeout|expires) \w+/g, '');

/** Runs `check` on the host. */
const check = (...args: string[]) => run(['check', ...args], { namespace: 'h1' });

/** What it finds. */
async function found(...args: string[]): Promise<readonly Finding[]> {
  return JSON.parse((await check(...args, '--json')).stdout) as Finding[];
}

/** The only line of a name. */
function one(findings: readonly Finding[], name: string): Finding {
  const [first, ...others] = findings.filter((each) => each.name === name);
  if (first === undefined || others.length > 0) {
    throw new Error(`not one line of ${name}: ${JSON.stringify(findings)}`);
  }
  return first;
}

await inNamespace(t, import.meta.url, async () => {
  const { h1, endpoint, start, runtimeDir } = await makeSite(t);
  // As on a Raspberry Pi.
  ip('-n', 'h1', 'link', 'property', 'add', 'dev', 'h1', 'altname', 'end0');
  const site = ['--vip', VIP, '--etcd', endpoint, '--etcd-insecure'];
  const base = [...site, '--runtime-dir', runtimeDir(h1)];

  await t.test('all is well: exit 0, a line for each, and a count', async (t) => {
    const ended = await check(...base, '--link', 'end0');
    t.equal(ended.code, 0, ended.stdout);
    t.equal(ended.stderr, '');
    for (const name of [
      'CAP_NET_ADMIN',
      'CAP_NET_RAW',
      'kernel',
      'address marks',
      'nftables',
      'egress hook',
      'profile',
      'group default',
      `etcd ${endpoint}`,
      'etcd cluster',
      `VIP ${VIP}`,
      'etcd writes',
      'etcd space',
      'etcd compaction',
      'Talos',
      'limits',
      'other software',
      'runtime directory',
      'daemon',
    ]) {
      t.match(ended.stdout, new RegExp(`^ok    ${name} `, 'm'), name);
    }
    t.match(ended.stdout, /^ok {4}group default +link h1 has carrier and 10\.77\.1\.1\/24; /m);
    t.match(ended.stdout, /a linearizable read in \d+\.\d ms; version 3\./);
    t.match(ended.stdout, /\n\n2\d ok, \d warn, 0 fail\n$/);
    t.equal(stripVTControlCharacters(ended.stdout), ended.stdout, 'no colours but on a terminal');
    t.same(readdirSync(runtimeDir(h1)), [], 'no lock, no state, no socket');
  });

  await t.test(
    '--json: an array of name, verdict, detail, and remedy where there is one',
    async (t) => {
      const findings = await found(...base, '--link', 'end0');
      for (const { name, verdict, detail, remedy } of findings) {
        t.ok(name.length > 0 && detail.length > 0, name);
        t.match(verdict, /^(ok|warn)$/, name);
        t.equal(remedy === undefined, verdict === 'ok', name);
      }
      // Debian's etcd has known defects; a later one may have none.
      const version = findings.find(({ name }) => name === 'etcd version');
      if (version) t.match(version, { verdict: 'warn', remedy: /^upgrade to etcd 3\./ });
    },
  );

  await t.test('eth0 where there is only end0: exit 3, and what exists is named', async (t) => {
    const ended = await check(...base, '--link', 'eth0');
    t.equal(ended.code, 3);
    const line = /^fail {2}group default +no link is called eth0; there are h1 \(10\.77\.1\.1\/24/m;
    t.match(ended.stdout, line);
    t.match(ended.stdout, /^ {6}remedy: .*--link/m);
    t.match(ended.stdout, /, 1 fail\n$/);
    t.equal(ended.stderr, '');
  });

  await t.test('a VIP of somebody else, and one that can be none', async (t) => {
    const foreign = '10.77.1.99';
    ip('-n', 'h1', 'address', 'add', `${foreign}/24`, 'dev', 'h1');
    t.teardown(() => ip('-n', 'h1', 'address', 'del', `${foreign}/24`, 'dev', 'h1'));
    const rest = base.slice(2);
    t.match(one(await found('--vip', foreign, ...rest), 'group default'), {
      verdict: 'fail',
      detail: `${foreign}/24 is on link h1 and we did not put it there`,
    });
    t.match(one(await found('--vip', '10.77.1.255', ...rest), 'group default'), {
      verdict: 'fail',
      detail: /broadcast address of 10\.77\.1\.1\/24 on h1$/,
      remedy: /free host address/,
    });
  });

  await t.test(
    'a station of the LAN answers for the VIP, and nobody of ours holds it',
    async (t) => {
      ip('address', 'add', `${VIP}/32`, 'dev', h1.port);
      t.teardown(() => ip('address', 'del', `${VIP}/32`, 'dev', h1.port));
      const before = etcdctl(endpoint, 'get', '', '--prefix', '--write-out=json');
      t.match(one(await found(...base, '--link', 'end0'), `VIP ${VIP}`), {
        verdict: 'fail',
        detail: /^([0-9a-f]{2}:){5}[0-9a-f]{2} answers for it, and none of our nodes holds/,
      });
      const silent = [...base.slice(0, 2), '--etcd', NOBODY, '--etcd-insecure', '--link', 'end0'];
      t.match(one(await found(...silent), `VIP ${VIP}`), { verdict: 'warn' });
      const { header } = JSON.parse(before) as { header: { revision: number } };
      const after = etcdctl(endpoint, 'get', '', '--prefix', '--write-out=json');
      const now = JSON.parse(after) as { header: { revision: number } };
      t.equal(now.header.revision, header.revision, 'the trial of writes wrote nothing');
    },
  );

  await t.test('no etcd: the endpoint is named, and all else is looked at', async (t) => {
    const both = [...base.slice(0, 2), '--etcd', `${endpoint},${NOBODY}`, '--etcd-insecure'];
    const ended = await check(...both, '--runtime-dir', runtimeDir(h1));
    t.equal(ended.code, 3);
    t.match(ended.stdout, new RegExp(`^fail  etcd ${NOBODY} +connection refused\n +remedy: `, 'm'));
    t.match(ended.stdout, new RegExp(`^ok    etcd ${endpoint} `, 'm'));
    t.match(ended.stdout, /^ok {4}nftables/m);
  });

  await t.test('without any configuration: what can be looked at is', async (t) => {
    const findings = await found('--runtime-dir', join(ramDirectory(t, 'none'), 'run'));
    for (const name of ['groups', 'etcd']) t.equal(one(findings, name).verdict, 'warn', name);
    t.equal(one(findings, 'nftables').verdict, 'ok');
    t.match(one(findings, 'runtime directory'), { verdict: 'ok', detail: /will be made/ });
    const refused = await check('--vip', 'nonsense');
    t.equal(refused.code, 2, 'what is wrong is wrong as ever');
    t.match(refused.stderr, /^vip-elector: configuration refused:\n/);
    t.equal(refused.stdout, '');
  });

  await t.test('without capabilities: each is named, and all else is looked at', async (t) => {
    const lost = '-net_admin,-net_raw';
    const by = ['setpriv', '--bounding-set', lost, '--inh-caps', lost];
    const args = ['check', ...base, '--link', 'end0'];
    const ended = await run(args, { namespace: 'h1', by });
    t.equal(ended.code, 3);
    t.equal(ended.stderr, '', 'no stack');
    for (const name of ['CAP_NET_ADMIN', 'CAP_NET_RAW']) {
      const line = `^fail  ${name} +missing: .*\n +remedy: .*AmbientCapabilities`;
      t.match(ended.stdout, new RegExp(line, 'm'));
    }
    t.match(ended.stdout, /^fail {2}nftables +.*cannot be looked at without CAP_NET_ADMIN$/m);
    t.notMatch(ended.stdout, /runs: /, 'no profile is claimed');
    t.match(ended.stdout, /^ok {4}group default /m);
    t.match(ended.stdout, new RegExp(`^ok    etcd ${endpoint} `, 'm'));
  });

  await t.test('nothing is changed: rules, addresses, etcd', async (t) => {
    execFileSync('ip', ['netns', 'exec', 'h1', 'nft', 'add table inet other']);
    t.teardown(() => execFileSync('ip', ['netns', 'exec', 'h1', 'nft', 'delete table inet other']));
    const before = { rules: ruleset(h1), addresses: addressesOf(h1) };
    await check(...base);
    t.equal(ruleset(h1), before.rules, 'to the byte');
    t.strictSame(addressesOf(h1), before.addresses);
  });

  await t.test('beside a daemon that holds a VIP, which does not notice', async (t) => {
    const daemon = start(h1, { args: ['--vip', VIP, '--link', 'h1'] });
    await holds(h1);
    await daemon.said({ msg: 'transition', to: 'leading' });
    await daemon.said({ msg: /^etcd version/ });
    const monitor = await watchHost(t, 'h1');
    const before = lasting(h1);
    t.match(before, /set held4 [^}]*10\.77\.1\.100/, 'it is open');
    const linesBefore = daemon.lines.length;
    for (let count = 0; count < 5; count += 1) {
      const findings = await found(...base, '--link', 'h1');
      t.match(one(findings, 'nftables'), { verdict: 'ok', detail: /^the daemon that runs here/ });
      // Not knowing of the daemon, it tries.
      const apart = await found(...site, '--link', 'h1', '--runtime-dir', '/run/elsewhere');
      t.match(one(apart, 'nftables'), { verdict: 'ok', detail: /^the kernel takes/ });
      t.match(one(apart, 'daemon'), { verdict: 'warn', detail: /does not answer/ });
      t.same(
        findings.filter(({ verdict }) => verdict === 'fail'),
        [],
      );
      t.match(
        one(findings, 'daemon').detail,
        /runs here: node h1, .*profile steady, group default leading/,
      );
      t.match(one(findings, 'group default').detail, /is on link h1, put there by us$/);
    }
    t.equal(lasting(h1), before, 'its tables are as they were');
    const said = daemon.lines.slice(linesBefore).map(({ msg }) => String(msg));
    for (const bad of [/fence/, /transition/, /etcd/, /withdrawn/]) {
      t.same(
        said.filter((msg) => bad.test(msg)),
        [],
        `it said nothing of ${bad.source}`,
      );
    }
    t.same(
      monitor.changes().filter(({ present }) => !present),
      [],
      'the VIP never went',
    );
    t.match(await daemon.stop(), { code: 0 });
    t.match(one(await found(...base), 'daemon'), { verdict: 'ok', detail: /^none runs/ });
  });
});
