import type * as zod from 'zod';
import { z } from '../../zod.ts';
import { TalosctlError, type Talosctl } from './talosctl.ts';

/** What of talosctl the readers need. */
export type Getter = Pick<Talosctl, 'get'>;

/**
 * The resources of a type on a node, of which only what is needed is read.
 * @throws TalosctlError, also for what is no such resource
 */
export async function resources<T>(
  talosctl: Getter,
  node: string,
  type: string,
  schema: zod.ZodType<T>,
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<T[]> {
  const found = await talosctl.get(node, type, signal, flags);
  return found.map((resource) => {
    const parsed = schema.safeParse(resource);
    if (parsed.success) return parsed.data;
    // Paths and types only: what stands there may be a secret.
    const what = z.prettifyError(parsed.error).slice(0, 200);
    throw new TalosctlError(`${node}: talosctl get ${type} printed something else: ${what}`);
  });
}
