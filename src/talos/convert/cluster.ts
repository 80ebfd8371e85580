import type { Node } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import {
  addDocument,
  commentOn,
  commentsOf,
  pairOf,
  removeDocument,
  removeKey,
} from '../document/edit.ts';
import { textsAt } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { nodeAt, textAt } from '../document/syntax.ts';

/** What may change with the form. */
export interface ClusterWish {
  /** The new endpoint; the issuer of tokens stays the old one. */
  readonly endpoint?: string;
  /** The new issuer of service-account tokens; the old one stays accepted. */
  readonly issuer?: string;
}

/**
 * Makes a KubeClusterConfig of name and endpoint and, on control planes, a KubeServiceAccountConfig
 * of the key: Talos 1.14 cannot tell the issuer of a key that stayed behind. `cluster.apiServer`
 * stays: Talos takes it as it is, while a KubeAPIServerConfig would come with other authorizers.
 * @throws OperatorError
 */
export function clusterToDocuments(
  config: MachineConfig,
  wish: ClusterWish,
  notes: string[],
): void {
  const cluster = nodeAt(config.v1alpha1, ['cluster']);
  const plane = nodeAt(cluster, ['controlPlane']);
  const endpoint = nodeAt(plane, ['endpoint']);
  const old = textAt(plane, ['endpoint']);
  if (old === undefined) return switched(config, wish);
  const name = textAt(cluster, ['clusterName']) ?? '';
  if (name === '') {
    const problem = 'cluster.clusterName is missing, which a KubeClusterConfig must have; write it';
    throw refusal(config, cluster, problem);
  }
  const port = textAt(plane, ['localAPIServerPort']) ?? '6443';
  if (port !== '6443' && port !== '0') {
    const problem = `cluster.controlPlane.localAPIServerPort ${port} needs a KubeAPIServerConfig`;
    throw refusal(config, plane, `${problem} with apiPort; write that by hand first`);
  }
  const { map } = addDocument(config, 'KubeClusterConfig', {
    clusterName: name,
    endpoint: wish.endpoint ?? old,
  });
  commentOn(map, commentsOf(pairOf(cluster, 'clusterName')?.key, nodeAt(cluster, ['clusterName'])));
  commentOn(
    pairOf(map, 'endpoint')?.key,
    commentsOf(pairOf(plane, 'endpoint')?.key, endpoint, pairOf(cluster, 'controlPlane')?.key),
  );
  notes.push('cluster.clusterName and cluster.controlPlane.endpoint are now a KubeClusterConfig');
  moveAccount(config, old, wish.issuer, notes);
  removeKey(cluster, 'controlPlane');
  removeKey(cluster, 'clusterName');
}

/** A file that is in this form already: only what was asked for is changed. */
function switched(config: MachineConfig, { endpoint, issuer }: ClusterWish): void {
  const [cluster] = config.ofKind('KubeClusterConfig');
  const node = nodeAt(cluster?.map, ['endpoint']);
  if (endpoint !== undefined && isScalar(node)) node.value = endpoint;
  if (issuer === undefined) return;
  const [account] = config.ofKind('KubeServiceAccountConfig');
  const now = textAt(account?.map, ['issuer', 'issuerURL']);
  if (account === undefined || now === undefined || now === issuer) return;
  const accepted = new Set([...textsAt(account.map, ['accepted', 'issuers']), now]);
  const audiences = textsAt(account.map, ['accepted', 'audiences']);
  account.map.setIn(['issuer', 'issuerURL'], issuer);
  account.map.setIn(['accepted', 'issuers'], account.tree.createNode([...accepted]));
  const all = [...new Set([issuer, ...(audiences.length > 0 ? audiences : [now])])];
  account.map.setIn(['accepted', 'audiences'], account.tree.createNode(all));
}

function moveAccount(
  config: MachineConfig,
  old: string,
  issuer: string | undefined,
  notes: string[],
): void {
  const cluster = nodeAt(config.v1alpha1, ['cluster']);
  const key = textAt(cluster, ['serviceAccount', 'key']);
  if (key === undefined) return;
  const pem = Buffer.from(key, 'base64');
  // What base64 leaves out would be lost, and nobody could say that the key is the same.
  if (pem.toString('base64') !== key.replaceAll(/\s/g, '')) {
    const node = nodeAt(cluster, ['serviceAccount', 'key']);
    throw refusal(config, node, 'cluster.serviceAccount.key is no base64; write it as Talos does');
  }
  const isMoved = issuer !== undefined && issuer !== old;
  addDocument(config, 'KubeServiceAccountConfig', {
    issuer: { privateKey: pem.toString('utf8'), issuerURL: issuer ?? old },
    ...(isMoved && { accepted: { issuers: [old], audiences: [issuer, old] } }),
  });
  removeKey(cluster, 'serviceAccount');
  notes.push(
    `cluster.serviceAccount is now a KubeServiceAccountConfig: tokens issued by ${old} stay valid`,
  );
}

/**
 * Puts name, endpoint and key back into the v1alpha1 document.
 * @throws OperatorError where tokens would become invalid: there the endpoint is the issuer
 */
export function clusterToLegacy(config: MachineConfig, notes: string[]): void {
  const [document] = config.ofKind('KubeClusterConfig');
  const [account] = config.ofKind('KubeServiceAccountConfig');
  const { v1alpha1 } = config;
  if (document === undefined) return;
  if (v1alpha1 === undefined) throw refusal(config, document.map, 'there is no v1alpha1 document');
  const endpoint = textAt(document.map, ['endpoint']) ?? '';
  if (account !== undefined) {
    const issuer = textAt(account.map, ['issuer', 'issuerURL']) ?? '';
    const accepted = ['publicKeys', 'issuers', 'audiences'].some((key) => {
      return textsAt(account.map, ['accepted', key]).some((text) => text !== issuer);
    });
    if (issuer !== endpoint || accepted) {
      const problem = `tokens are issued by ${issuer}, or others are accepted; in the old form it is`;
      const remedy = `the endpoint alone, ${endpoint}, and those that are out would become invalid`;
      throw refusal(config, account.map, `${problem} ${remedy}; stay with the documents`);
    }
    const pem = Buffer.from(textAt(account.map, ['issuer', 'privateKey']) ?? '', 'utf8');
    v1alpha1.setIn(['cluster', 'serviceAccount', 'key'], pem.toString('base64'));
    removeDocument(config, account.id);
    notes.push('KubeServiceAccountConfig is now cluster.serviceAccount');
  }
  move(document.map, 'endpoint', v1alpha1, ['cluster', 'controlPlane', 'endpoint']);
  move(document.map, 'clusterName', v1alpha1, ['cluster', 'clusterName']);
  const comment = commentsOf({ commentBefore: document.tree.commentBefore }, document.map);
  commentOn(pairOf(nodeAt(v1alpha1, ['cluster']), 'controlPlane')?.key, comment);
  removeDocument(config, document.id);
  notes.push('KubeClusterConfig is now cluster.clusterName and cluster.controlPlane.endpoint');
}

/** With the comment on its line. */
function move(
  from: unknown,
  key: string,
  to: { setIn(path: readonly string[], value: unknown): void },
  path: readonly string[],
): void {
  const node = nodeAt(from, [key]);
  if (isMap(node) || isSeq(node) || node === undefined) return;
  to.setIn(path, (node as Node).clone());
}

function refusal(config: MachineConfig, node: unknown, problem: string): OperatorError {
  return new OperatorError(`${config.where(node)}: ${problem}`, ExitCode.usage);
}
