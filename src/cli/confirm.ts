import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { ExitCode, OperatorError } from '../errors.ts';
import type { Io } from './options.ts';

/**
 * Goes on only when a person has typed a word, or has said --yes.
 * @param what will happen, as a sentence
 * @param word that is to be typed: the name of what it happens to, never a mere `y`
 * @throws OperatorError (exit 2) for anything else, also for no terminal at all
 */
export async function confirm(
  { what, word, yes }: { readonly what: string; readonly word: string; readonly yes: boolean },
  io: Io,
  input: Readable = process.stdin,
): Promise<void> {
  io.stderr(`${what}\n`);
  if (yes) return;
  io.stderr(`Type ${word} to go on: `);
  const lines = createInterface({ input });
  let typed: string | undefined;
  for await (const line of lines) {
    typed = line;
    break;
  }
  lines.close();
  if (typed?.trim() === word) return;
  const text = `nothing was done: ${word} was not typed; type it, or give --yes`;
  throw new OperatorError(text, ExitCode.usage);
}
