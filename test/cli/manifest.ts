// What `manifest` prints is what deploy/ and systemd/ hold. That kustomize and the API server read it the same
// way: test/full/kubernetes.ts.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { packageVersion } from '../../src/version.ts';
import { manifest, objectsOf, type KubernetesObject } from '../fixtures/manifests.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface PodSpec {
  readonly containers: readonly { image: string; env: { name: string; value?: string }[] }[];
  readonly initContainers: readonly { image: string }[];
}
const podSpec = (object: KubernetesObject): PodSpec => object['spec'] as PodSpec;
const templateSpec = (object: KubernetesObject): PodSpec =>
  (object['spec'] as { template: { spec: PodSpec } }).template.spec;
/** The two objects of a DaemonSet, in their order. */
const pairOf = (text: string): [KubernetesObject, KubernetesObject] =>
  objectsOf(text) as [KubernetesObject, KubernetesObject];

await t.test('without options it prints the files', async (t) => {
  const files = ['configmap', 'daemonset'].map((name) =>
    read(`deploy/kubernetes/base/${name}.yaml`),
  );
  const { stdout, stderr } = await manifest('daemonset');
  t.equal(stderr, '');
  t.ok(
    stdout.endsWith(files.join('---\n')),
    'byte for byte, behind the commands for the certificate',
  );
  t.match(stdout, /^# kubeadm with stacked etcd[^]*openssl x509 -req/);
  const pod = await manifest('static-pod');
  const file = 'deploy/kubernetes/static-pod/vip-elector.yaml';
  t.equal(pod.stdout, read(file), `else: node dist/main.js manifest static-pod > ${file}`);
  t.equal((await manifest('systemd')).stdout, read('systemd/vip-elector.service'));
});

await t.test('the image of the files is that of this version', async (t) => {
  const [, daemonset] = pairOf((await manifest('daemonset')).stdout);
  const { containers, initContainers } = templateSpec(daemonset);
  for (const { image } of [...containers, ...initContainers]) {
    t.equal(image, `vip-elector:${packageVersion()}`);
  }
});

await t.test('options are written where the daemon looks for them', async (t) => {
  const options = ['--vip=10.0.0.100', '--vip=fd00::100', '--link=end0,eth0', '--keep-on-stop'];
  const image = 'registry.example/vip-elector:1';
  const { stdout, stderr } = await manifest('daemonset', ...options, `--image=${image}`);
  t.equal(stderr, '');
  const [configMap, daemonset] = pairOf(stdout);
  t.match(configMap, {
    data: {
      VIP_ELECTOR_VIP: '10.0.0.100,fd00::100',
      VIP_ELECTOR_LINK: 'end0,eth0',
      VIP_ELECTOR_KEEP_ON_STOP: 'true',
      VIP_ELECTOR_ETCD: 'https://127.0.0.1:2379',
    },
  });
  const { containers, initContainers } = templateSpec(daemonset);
  for (const container of [...containers, ...initContainers]) t.equal(container.image, image);
  const [pod] = pairOf((await manifest('static-pod', ...options)).stdout);
  const env = podSpec(pod).containers[0]?.env ?? [];
  t.strictSame(
    env.filter(({ name }) => /VIP$|STOP$/.test(name)),
    [
      { name: 'VIP_ELECTOR_VIP', value: '10.0.0.100,fd00::100' },
      { name: 'VIP_ELECTOR_KEEP_ON_STOP', value: 'true' },
    ],
  );
  t.notMatch(JSON.stringify(pod), /configMap|secretName|serviceAccount/, 'it refers to no object');
});

await t.test('what the daemon would refuse is refused here', async (t) => {
  const cases: [string[], RegExp][] = [
    [['daemonset', '--vip', '10.0.0.300'], /--vip = "10.0.0.300": .* is not an IP address/],
    [['daemonset', '--etcd', 'x'], /--etcd = "x": is no URL/],
    [['daemonset', '--link', 'eth0'], /--vip: is missing/],
    [['daemonset', '--overlay', 'talso'], /--overlay = "talso": is no overlay; did you mean talos/],
    [['static-pod', '--overlay', 'talos'], /cannot have its certificates from a Secret/],
    [['systemd', '--vip', '10.0.0.100'], /--vip: has no effect on the unit/],
    [['deployment'], /Choices: "daemonset", "static-pod", "systemd"/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await manifest(...args);
    t.equal(code, 2, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, message);
  }
});
