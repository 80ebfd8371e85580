import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as zod from 'zod';
import { OperatorError } from '../errors.ts';
import { z } from '../zod.ts';

/** An address that the daemon put on a link, as its state file names it. */
export interface RecordedAddress {
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
}

/** In the runtime directory. */
const STATE_FILE = 'state.json';
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
/** linux/if.h IFNAMSIZ is 16 with the final 0; an alternative name has up to 127 (ALTIFNAMSIZ). */
const LINK_NAME_MAX = 127;

/** Other fields of the file belong to the daemon. */
const stateSchema = z.object({
  bootId: z.string().optional(),
  addresses: z
    .array(
      z.strictObject({
        link: z.string().min(1).max(LINK_NAME_MAX),
        address: z.union([z.ipv4(), z.ipv6()]),
        prefixLength: z.number().int().min(0).max(128),
      }),
    )
    .optional(),
});

/**
 * The addresses that the state file lists; none where there is no file, or it is of another boot:
 * then whatever is on the links now was put there by somebody else.
 * @throws OperatorError when the file cannot be read or is not what the daemon writes
 */
export function recordedAddresses(runtimeDir: string): readonly RecordedAddress[] {
  const path = join(runtimeDir, STATE_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new OperatorError(`cannot read ${path}`, undefined, { cause: error });
  }
  const state = parse(path, text);
  const bootId = readFileSync(BOOT_ID_FILE, 'utf8').trim();
  return state.bootId === undefined || state.bootId === bootId ? (state.addresses ?? []) : [];
}

function parse(path: string, text: string): zod.infer<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new OperatorError(`${path} is not a state file of vip-elector: ${why}`, undefined, {
      cause: error,
    });
  }
}
