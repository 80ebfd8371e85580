import { isIPv4 } from 'node:net';
import { isMap, isSeq, stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { isEmpty, nodeAt, parseText, textAt, wordOf } from '../document/syntax.ts';
import type { Inventory } from '../inventory/types.ts';
import type { PoolChange } from './pool.ts';
import { changedPool, membersOf } from './pool.ts';
import type { SharedIpWish } from './wish.ts';

const KIND = 'ControlPlaneVirtualSharedIP';
const POOL = ['spec', 'poolMembers'];

/** The resource with the whole pool, as the talos-operator makes it. @throws OperatorError */
export function renderSharedIp(inventory: Inventory): string {
  const { namespace, method, environment, ...identifiers } = wishOf(inventory);
  const { clusterIdentifier } = identifiers;
  return stringify({
    apiVersion: 'vitistack.io/v1alpha1',
    kind: KIND,
    metadata: {
      name: clusterIdentifier,
      namespace,
      labels: {
        'vitistack.io/clusterid': clusterIdentifier,
        'vitistack.io/node-role': 'control-plane',
      },
    },
    spec: {
      ...identifiers,
      method,
      ...(environment !== undefined && { environment }),
      poolMembers: membersOf(inventory),
    },
  });
}

/**
 * A resource's file with its pool changed: all else, comments included, stays as it is.
 * @param name of the file, for messages
 * @returns the text given where nothing changes
 * @throws OperatorError where it is another's, or the change would be one in part
 */
export function changeSharedIp(
  text: string,
  name: string,
  change: PoolChange,
  inventory: Inventory,
): string {
  const { trees } = parseText(text, name);
  const [tree, ...others] = trees.filter((each) => !isEmpty(each));
  const map = tree?.contents;
  if (tree === undefined || others.length > 0 || textAt(map, ['kind']) !== KIND) {
    throw new OperatorError(`${name}: is not the one ${KIND}; name its file`, ExitCode.usage);
  }
  const { clusterIdentifier } = wishOf(inventory);
  const owner = textAt(map, ['spec', 'clusterIdentifier']);
  if (owner !== clusterIdentifier) {
    throw new OperatorError(
      `${name}: spec.clusterIdentifier = ${JSON.stringify(owner)}, but the inventory is of ` +
        `${JSON.stringify(clusterIdentifier)}; name the file of this cluster`,
      ExitCode.usage,
    );
  }
  const list = nodeAt(map, POOL);
  const pool = isSeq(list) ? list.items.map(wordOf) : [];
  const odd = pool.find((member) => !isIPv4(member));
  if (odd !== undefined) {
    throw new OperatorError(
      `${name}: spec.poolMembers has ${JSON.stringify(odd)}, which is no IPv4 address; put it right`,
      ExitCode.usage,
    );
  }
  const changed = changedPool(pool, change, inventory);
  if (JSON.stringify(changed) === JSON.stringify(pool)) return text;
  if (isSeq(list)) {
    const kept = list.items.filter((item) => changed.includes(wordOf(item)));
    const added = changed.slice(kept.length).map((member) => tree.createNode(member));
    list.items = [...kept, ...added];
  } else if (isMap(map)) {
    tree.setIn(POOL, changed);
  }
  return tree.toString({ lineWidth: 0 });
}

function wishOf({ endpoint }: Inventory): SharedIpWish {
  if (endpoint.mode !== 'networkconfiguration') {
    throw new OperatorError(
      `the mode ${endpoint.mode} has no ${KIND}; it is for networkconfiguration`,
      ExitCode.usage,
    );
  }
  if (endpoint.sharedIp !== undefined) return endpoint.sharedIp;
  const remedy = 'write namespace and identifiers under endpoint.sharedIp in the inventory';
  throw new OperatorError(`nothing is known of the ${KIND}; ${remedy}`, ExitCode.usage);
}
