import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { z } from '../../zod.ts';
import { readIfThere, replaceFile } from '../integrate/secret-file.ts';

const schema = z.array(z.object({ node: z.string(), sha256: z.string(), at: z.string() }));

/** Name of the file beside the configurations. */
const NAME = '.applied.json';

/** Which file each machine was given, over runs: what an interrupted run goes on with. */
export class Journal {
  readonly #path: string;
  readonly #entries = new Map<string, { readonly sha256: string; readonly at: string }>();

  /** @throws OperatorError for a file that is none of ours */
  constructor(directory: string) {
    this.#path = join(directory, NAME);
    const text = readIfThere(this.#path);
    if (text === undefined) return;
    const parsed = schema.safeParse(json(text));
    if (!parsed.success) {
      throw new OperatorError(`${this.#path}: is no record of applied files; remove it`);
    }
    for (const { node, sha256, at } of parsed.data) this.#entries.set(node, { sha256, at });
  }

  has(node: string, sha256: string): boolean {
    return this.#entries.get(node)?.sha256 === sha256;
  }

  /** On the disk when this returns. */
  add(node: string, sha256: string, wallMs: number): void {
    this.#entries.set(node, { sha256, at: new Date(wallMs).toISOString() });
    const all = [...this.#entries].map(([node, entry]) => ({ node, ...entry }));
    const kept = replaceFile(this.#path, `${JSON.stringify(all, null, 2)}\n`, wallMs);
    if (kept !== undefined) rmSync(kept);
  }

  /** All is done: the next run begins anew. */
  end(): void {
    rmSync(this.#path, { force: true });
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Refused by the schema, with the path.
  }
}
