import type { YAMLMap } from 'yaml';
import { isMap, isSeq, Pair, Scalar, YAMLMap as Map } from 'yaml';
import { ExitCode, OperatorError } from '../errors.ts';
import { nodeAt, textAt } from '../talos/document/syntax.ts';
import { type Manifest, objectOf } from './overlay.ts';

/** Of the pod: what only a scheduler asks for, and what refers to an object of the API. */
const NOT_STATIC = ['affinity', 'tolerations', 'automountServiceAccountToken'];

/**
 * The pod of the DaemonSet for kubelet's directory of manifests, which starts it without an API server: it may
 * refer to no other object, so what the ConfigMap says stands in its environment.
 * @throws OperatorError when the certificates are in a Secret
 */
export function staticPod(manifest: Manifest): Manifest {
  const owner = objectOf(manifest.trees, 'DaemonSet');
  // Its document is told how to write scalars as they were.
  const tree = manifest.trees.find(({ contents }) => contents === owner);
  const template = nodeAt(owner, ['spec', 'template']);
  const data = nodeAt(objectOf(manifest.trees, 'ConfigMap'), ['data']);
  const spec = nodeAt(template, ['spec']);
  const meta = nodeAt(template, ['metadata']);
  if (!tree || !isMap(spec) || !isMap(meta) || !isMap(data)) {
    throw new TypeError('no pod in the manifest');
  }
  for (const key of NOT_STATIC) spec.delete(key);
  refuseSecrets(spec);
  moveIntoEnvironment(spec, data as YAMLMap<Scalar>);
  meta.items.unshift(
    new Pair(new Scalar('name'), new Scalar(textAt(owner, ['metadata', 'name']))),
    new Pair(new Scalar('namespace'), new Scalar(textAt(owner, ['metadata', 'namespace']))),
  );
  const pod = new Map();
  pod.set('apiVersion', 'v1');
  pod.set('kind', 'Pod');
  pod.set('metadata', meta);
  pod.set('spec', spec);
  tree.contents = pod;
  return { head: manifest.head, trees: [tree] };
}

function refuseSecrets(spec: YAMLMap): void {
  const volumes = nodeAt(spec, ['volumes']);
  if (!isSeq(volumes) || !volumes.items.some((volume) => nodeAt(volume, ['secret']))) return;
  throw new OperatorError(
    'a static pod cannot have its certificates from a Secret, as this overlay has them; ' +
      'choose another overlay, or print the daemonset',
    ExitCode.usage,
  );
}

function moveIntoEnvironment(spec: YAMLMap, data: YAMLMap<Scalar>): void {
  const container = nodeAt(spec, ['containers', 0]);
  const env = nodeAt(container, ['env']);
  if (!isMap(container) || !isSeq(env)) throw new TypeError('no environment in the manifest');
  container.delete('envFrom');
  // What stands before the first key is the map's own.
  let comment = data.commentBefore;
  for (const { key, value } of data.items) {
    const entry = new Map();
    entry.set('name', new Scalar(key.value));
    entry.set('value', value);
    entry.commentBefore = key.commentBefore ?? comment ?? null;
    comment = null;
    env.add(entry);
  }
}
