import { text } from '../../config/checked.ts';
import type { Parsed } from '../../config/parsed.ts';
import { z } from '../../zod.ts';

/** How a load balancer finds a living member (the resource's own enumeration). */
const METHODS = ['first-alive', 'round-robin', 'least-session'] as const;

/** What a ControlPlaneVirtualSharedIP says besides its pool, by the names of its spec. */
export interface SharedIpWish {
  /** Namespace of the resource, that of the cluster. */
  readonly namespace: string;
  readonly clusterIdentifier: string;
  readonly datacenterIdentifier: string;
  readonly supervisorIdentifier: string;
  readonly networkNamespaceIdentifier: string;
  readonly provider: string;
  readonly method: (typeof METHODS)[number];
  readonly environment?: string | undefined;
}

function named(pattern: RegExp, remedy: string): (value: string) => Parsed<string> {
  return (value) =>
    pattern.test(value) ? { value } : { problem: 'is no identifier', remedy: `write ${remedy}` };
}

/** Name of an object in Kubernetes, which the cluster's identifier is as well. */
const label = text(
  named(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'at most 63 of a-z, 0-9 and -, as Kubernetes takes',
  ),
);
const identifier = text(named(/^[\w.-]{1,128}$/, 'at most 128 letters, digits, dots, - and _'));
const networkNamespace = text(named(/^[\w-]{3,32}$/, '3 to 32 letters, digits, - and _'));

/** Part of the inventory's schema, `endpoint.sharedIp`. */
export const sharedIpSchema = z.strictObject({
  namespace: label.describe('namespace of the resource'),
  clusterIdentifier: label.describe('identifier of the cluster, name of the resource'),
  datacenterIdentifier: identifier.describe('as the NetworkNamespace has it'),
  supervisorIdentifier: identifier.describe('as the NetworkNamespace has it'),
  networkNamespaceIdentifier: networkNamespace.describe('name of the NetworkNamespace'),
  provider: identifier.describe('who provides the load balancer'),
  method: z.enum(METHODS).default(METHODS[0]).describe('how a member is chosen'),
  environment: identifier.optional().describe('environment of the cluster'),
});
