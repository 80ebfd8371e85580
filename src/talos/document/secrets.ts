import { createHash } from 'node:crypto';
import type { Node } from 'yaml';
import { isMap, isPair, isScalar, visit } from 'yaml';
import { keysOf, wordOf } from './syntax.ts';
import { MachineConfig } from './machine-config.ts';

/** What stands for a secret wherever we show one. */
export const MASK = '******';

/**
 * Keys whose value is a secret wherever they stand: Talos's own list (v1alpha1_provider.go, Redact)
 * and every other private key and token. Too much masked costs nothing.
 */
const SECRET_KEYS = new Set([
  'key',
  'token',
  'secret',
  'secrets',
  'aescbcEncryptionSecret',
  'secretboxEncryptionSecret',
  'bootstrapToken',
  'clusterSecret',
  'apiToken',
  'privateKey',
  'presharedKey',
  'password',
  'auth',
  'identityToken',
  'passphrase',
  'encryptionKey',
  'trustdToken',
]);

/** Documents that are a secret as a whole, but for their name. */
const SECRET_KINDS = /^(?:KubeEtcdEncryptionConfig)$/;
const HEADER = new Set(['apiVersion', 'kind', 'name']);

/** One secret: where it is and a hash of its bytes. */
export interface SecretDigest {
  /** `/v1alpha1 machine.ca.key`. */
  readonly path: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

interface Secret {
  readonly path: string;
  readonly value: string;
  readonly node: Node;
}

function secretsOf(config: MachineConfig): Secret[] {
  const found: Secret[] = [];
  for (const { tree, kind, id } of config.documents) {
    visit(tree, {
      Scalar: (key, node, ancestors) => {
        if (key === 'key' || node.value === null) return;
        const path = pathOf(ancestors, key);
        const isWhole = SECRET_KINDS.test(kind) && !HEADER.has(path[0] ?? '');
        if (!isWhole && !isSecret(path, ancestors)) return;
        found.push({ path: `${id} ${path.join('.')}`, value: wordOf(node), node });
      },
    });
  }
  return found;
}

function isSecret(path: readonly string[], ancestors: readonly unknown[]): boolean {
  const last = path.findLast((step) => !/^\d+$/.test(step)) ?? '';
  if (SECRET_KEYS.has(last)) {
    // A toleration, a label selector and the like have a key that is none.
    const owner = ancestors.findLast(isMap);
    return last !== 'key' || !keysOf(owner).some((key) => key === 'operator' || key === 'effect');
  }
  return path.some((step) => /^(?:encryption)?secrets?$/i.test(step));
}

function pathOf(ancestors: readonly unknown[], last: unknown): string[] {
  const path = ancestors.flatMap((node, at) => {
    if (isPair(node)) return [wordOf(node.key)];
    const next = ancestors[at + 1];
    const list = node as { items?: unknown[] };
    if (!isMap(node) && Array.isArray(list.items) && next !== undefined) {
      return [String(list.items.indexOf(next))];
    }
    return [];
  });
  return typeof last === 'number' ? [...path, String(last)] : path;
}

/** The hash of each secret, in the order of the file: proof that none was changed. */
export function secretDigests(config: MachineConfig): SecretDigest[] {
  return secretsOf(config).map(({ path, value }) => ({ path, sha256: sha256(value) }));
}

/** One hash over all secrets and their places. */
export function secretsHash(digests: readonly SecretDigest[]): string {
  const lines = digests.map(({ path, sha256 }) => `${path} ${sha256}\n`);
  return sha256(lines.toSorted().join(''));
}

/** The text of a configuration with every secret masked, for eyes and logs. */
export function maskedText(config: MachineConfig): string {
  const copy = MachineConfig.parse(config.toString(), config.name);
  for (const { node, value } of secretsOf(copy)) {
    if (!isScalar(node) || value === '') continue;
    // No part of a hash: a password can be guessed by it. What has changed is told by its path.
    node.value = MASK;
    node.type = 'PLAIN';
  }
  return copy.toString();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
