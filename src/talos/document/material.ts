import { createHash } from 'node:crypto';
import { OperatorError } from '../../errors.ts';
import { MachineConfig } from './machine-config.ts';
import { secretDigests } from './secrets.ts';
import { textAt } from './syntax.ts';

/** In the first form of Talos a key is PEM in base64, in a document of its own PEM as it is. */
const LEGACY_ACCOUNT = '/v1alpha1 cluster.serviceAccount.key';
/** Credentials that belong to a VIP, and go with it. */
const OF_VIP =
  /(?: |\.)vip\.(?:hcloud|equinixMetal)\.apiToken$|^v1alpha1\/HCloudVIPConfig\/\S* apiToken$/;

/** A secret by what it is, wherever and in whichever form it is written. */
interface Material {
  readonly path: string;
  readonly sha256: string;
}

function materialOf(config: MachineConfig): Material[] {
  return secretDigests(config).map(({ path, sha256 }) => {
    if (path !== LEGACY_ACCOUNT) return { path, sha256 };
    const text = textAt(config.v1alpha1, ['cluster', 'serviceAccount', 'key']) ?? '';
    return { path, sha256: digest(Buffer.from(text, 'base64')) };
  });
}

/**
 * Proves that a rewritten configuration has the secrets it had, moved or written otherwise at most.
 * @param without true: credentials of a VIP may be gone
 * @returns SHA-256 over all that are in both
 * @throws OperatorError naming the places of those that are lost or new; nothing else of them
 */
export function provenMaterial(
  before: MachineConfig,
  after: MachineConfig,
  { without }: { readonly without: boolean },
): string {
  const old = materialOf(before);
  // As it will be read again, not as it stands in memory.
  const now = materialOf(MachineConfig.parse(after.toString(), after.name));
  const lost = missing(old, now).filter(({ path }) => !(without && OF_VIP.test(path)));
  const added = missing(now, old);
  if (lost.length + added.length > 0) {
    const paths = [...lost, ...added].map(({ path }) => path).join(', ');
    throw new OperatorError(
      `${before.name}: secrets of the cluster would not stay as they are: ${paths}; nothing was written`,
    );
  }
  return digest(
    Buffer.from(
      now
        .map(({ sha256 }) => sha256)
        .toSorted()
        .join('\n'),
    ),
  );
}

/** Those of the first list that are not in the second, each as often as it is there. */
function missing(list: readonly Material[], other: readonly Material[]): Material[] {
  const left = other.map(({ sha256 }) => sha256);
  return list.filter(({ sha256 }) => {
    const at = left.indexOf(sha256);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
