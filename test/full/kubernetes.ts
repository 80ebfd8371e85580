// The manifests, as kustomize and the API servers of three versions of Kubernetes read them. Needs Go, which
// fetches the schemas and builds kustomize.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { overlayNames } from '../../src/manifest/overlay.ts';
import { goModule, goProgram } from '../fixtures/go-modules.ts';
import { manifest, objectsOf, type KubernetesObject } from '../fixtures/manifests.ts';
import { faultsOf, type OpenApi } from '../fixtures/openapi.ts';

const KUBERNETES = ['v1.34.4', 'v1.36.3', 'v1.37.2'];
const KUSTOMIZE = 'v5.8.1';
const DEPLOY = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

const kustomize = goProgram('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5', KUSTOMIZE);
const byKind = (objects: readonly KubernetesObject[]): KubernetesObject[] =>
  objects.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
const kustomized = (path: string): KubernetesObject[] =>
  byKind(objectsOf(execFileSync(kustomize, ['build', join(DEPLOY, path)], { encoding: 'utf8' })));

const built = new Map<string, readonly KubernetesObject[]>();
for (const overlay of [undefined, ...overlayNames()]) {
  const args = overlay === undefined ? [] : ['--overlay', overlay];
  built.set(overlay ?? 'base', byKind(objectsOf((await manifest('daemonset', ...args)).stdout)));
}

await t.test('the command prints what kustomize makes of the directory', async (t) => {
  for (const [name, objects] of built) {
    const directory = name === 'base' ? name : `overlays/${name}`;
    t.strictSame(objects, kustomized(directory), directory);
  }
});

await t.test('every object is one of the API, field by field', async (t) => {
  const statics = objectsOf(
    (await manifest('static-pod', '--keep-on-stop', '--vip=fd00::1')).stdout,
  );
  for (const version of KUBERNETES) {
    const file = join(goModule('k8s.io/kubernetes', version), 'api/openapi-spec/swagger.json');
    const api = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
    for (const object of [...[...built.values()].flat(), ...statics]) {
      t.strictSame(faultsOf(api, object), [], `${version} ${object.kind}`);
    }
    const [wrong] = objectsOf(
      'apiVersion: v1\nkind: Pod\nspec: {hostnetwork: true, containers: 1}\n',
    );
    t.strictSame(
      wrong && faultsOf(api, wrong),
      ['Pod.spec.hostnetwork: is unknown', 'Pod.spec.containers: is integer, not array'],
      'the schema does see faults',
    );
  }
});
