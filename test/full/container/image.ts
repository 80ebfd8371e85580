// The image of the Dockerfile, built by buildah, and run on a host of the lab as the manifest of the DaemonSet
// says: its user, its capabilities and no other, its root file system read-only. Prints size and start time.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { daemonCommand } from '../../../src/lab/daemon-command.ts';
import type { Command, LabHost } from '../../../src/lab/host.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { processTree } from '../../../src/lab/process-tree.ts';
import { builtImage, type ContainerImage } from '../../fixtures/container-image.ts';
import { contained, containerOf, statusOf } from '../../fixtures/contained.ts';
import { manifest, objectsOf } from '../../fixtures/manifests.ts';
import { inNamespace } from '../../fixtures/namespace.ts';
import { until } from '../../fixtures/program.ts';
import { watchedLab } from '../../fixtures/watched-lab.ts';

/** What was built before the namespace, which reaches nobody, was entered. */
const IMAGE = 'VIP_ELECTOR_TEST_IMAGE';
/** CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13 (linux/capability.h). */
const TWO = '0000000000003000';
const HANDOVER_MS = 500;

process.env[IMAGE] ??= JSON.stringify(builtImage());
const image = JSON.parse(process.env[IMAGE]) as ContainerImage;
const { container, env } = containerOf(objectsOf((await manifest('daemonset')).stdout));

function daemonOf(host: LabHost): number | undefined {
  const tree = host.pid === undefined ? [] : processTree(host.pid);
  return tree.find((pid) => statusOf(pid, 'Name') === 'node');
}

/** Runs a program of the image in the container of a host, as its user. */
function inside(host: LabHost, command: readonly string[]) {
  const { runAsUser: uid, runAsGroup: gid } = container.securityContext;
  const spaces = ['--target', String(daemonOf(host)), '--net', '--mount', '--pid', '--root'];
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const bounds = [...user, '--bounding-set=-all,+net_admin,+net_raw', '--inh-caps=-all'];
  const args = [...spaces, '--', ...bounds, ...command];
  return spawnSync('nsenter', args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
}

/** Resolves when the image's own check says that all is well. */
async function healthy(host: LabHost): Promise<void> {
  const [kind, ...command] = image.config.Healthcheck.Test;
  if (kind !== 'CMD') throw new Error(`a check by ${kind}`);
  await until('a healthy container', () =>
    daemonOf(host) !== undefined && inside(host, command).status === 0 ? true : undefined,
  );
}

async function stopped(host: LabHost): Promise<void> {
  process.kill(daemonOf(host)!, 'SIGTERM');
  await host.ended();
}

function isAsTheManifestSays(t: Test, host: LabHost): void {
  const pid = daemonOf(host)!;
  for (const set of ['CapEff', 'CapPrm', 'CapBnd']) t.equal(statusOf(pid, set), TWO, set);
  t.equal(statusOf(pid, 'CapInh'), '0'.repeat(16));
  t.match(statusOf(pid, 'Uid'), /^65532\s+65532\s+65532/);
  const written = inside(host, ['sh', '-c', 'touch /opt/x /etc/vip-elector/x /tmp/x']);
  t.not(written.status, 0);
  t.equal(written.stderr.match(/Read-only file system/g)?.length, 3, written.stderr);
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('the image is what the Dockerfile says', async (t) => {
    const { User, Entrypoint, Labels, Healthcheck } = image.config;
    const { runAsUser, runAsGroup } = container.securityContext;
    t.equal(User, `${runAsUser}:${runAsGroup}`);
    t.equal(Entrypoint[0], '/usr/local/bin/node');
    t.match(Labels, {
      'org.opencontainers.image.title': 'vip-elector',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': /^\d+\.\d+\.\d+$/,
    });
    t.equal(Healthcheck.Test[0], 'CMD');
    const within = (path: string): string => join(image.root, 'opt/vip-elector', path);
    for (const path of ['LICENSE', 'dist/main.js', 'node_modules/etcd3']) {
      t.ok(existsSync(within(path)), path);
    }
    t.ok(existsSync(within('node_modules/raw-socket/build/Release/raw.node')), 'compiled');
    for (const left of ['node_modules/typescript', 'node_modules/tap', 'src']) {
      t.notOk(existsSync(within(left)), `${left} stays behind`);
    }
    for (const left of ['usr/local/lib/node_modules', 'usr/bin/g++', 'usr/local/etc/npmrc']) {
      t.notOk(existsSync(join(image.root, left)), `${left} stays behind`);
    }
    const capable = execFileSync('getcap', ['-r', image.root], { encoding: 'utf8' });
    t.match(capable, /^\S+\/usr\/local\/bin\/node cap_net_admin,cap_net_raw=ep\n$/, 'node alone');
    const size = execFileSync('du', ['-sm', '--apparent-size', image.root], { encoding: 'utf8' });
    const own = execFileSync('du', ['-sm', '--apparent-size', within('')], { encoding: 'utf8' });
    t.comment(`size: ${size.split('\t')[0]} MiB unpacked, of which ours ${own.split('\t')[0]} MiB`);
  });

  const signal = AbortSignal.timeout(300_000);
  const lab = await Lab.create({
    nodes: 2,
    etcdMembers: 1,
    daemon: (context): Command => {
      if (context.node !== 'h1') return daemonCommand(context);
      // etcd of the lab has no TLS.
      const given = Object.entries(env).filter(([name]) => !/_(?:CA|CERT|KEY)$/.test(name));
      const here = {
        ...Object.fromEntries(given),
        VIP_ELECTOR_NODE: context.node,
        VIP_ELECTOR_VIP: context.vips.join(),
        VIP_ELECTOR_ETCD: context.endpoints.join(),
        VIP_ELECTOR_LOG_FORMAT: 'json',
        // The longest hold: how fast this machine starts a process must not decide.
        VIP_ELECTOR_HOLD_FOR: '10s',
      };
      return contained({ image, container, env: here, runtimeDir: context.runtimeDir });
    },
  });
  t.teardown(() => lab[Symbol.asyncDispose]());
  await lab.start(signal);
  const [host, other] = lab.hosts as [LabHost, LabHost];

  await t.test('it runs with what the manifest gives, and is healthy', async (t) => {
    await healthy(host);
    await lab.settled(signal);
    isAsTheManifestSays(t, host);
  });

  await t.test('it takes, is killed, resumes, and hands over', async (t) => {
    if ((await lab.settled(signal)) === other) {
      other.signal('SIGTERM');
      await other.ended();
      await other.startDaemon();
    }
    t.equal(await lab.settled(signal), host, 'the container holds');
    const killed = await watchedLab(lab, async () => {
      await host.killDaemon();
      const startedAt = lab.clock.now();
      await host.startDaemon();
      await healthy(host);
      t.comment(`start: healthy after ${(lab.clock.now() - startedAt).toFixed(0)} ms`);
      // The address outlives the process: the log tells that the next one has it.
      await until(
        'a resumed hold',
        async () =>
          (await host.daemonRecords()).some(
            ({ to, reason }) => to === 'leading' && reason === 'lease-resumed',
          ) || undefined,
      );
      t.equal(await lab.settled(signal), host);
    });
    t.equal(killed.lostProbes, 0, `killed and resumed: no probe lost (${killed.outageMs} ms)`);
    t.equal(killed.twoHoldersMs, 0);
    const left = await watchedLab(lab, async () => {
      await stopped(host);
      await until('the other holds', () => lab.holder() === other || undefined);
    });
    t.ok(left.outageMs <= HANDOVER_MS, `handed over in ${left.outageMs.toFixed(1)} ms`);
    t.equal(left.twoHoldersMs, 0);
    t.equal(left.twoAddressesMs, 0);
  });
});
