import type * as zod from 'zod';
import { z } from '../zod.ts';
import type { Parsed, Refusal } from './parsed.ts';
import { refused } from './parsed.ts';

type Context = zod.core.$RefinementCtx;

/** Refuses a value in a transformation of a schema, in the operator's words. */
export function refuse(context: Context, { problem, remedy }: Refusal): never {
  context.addIssue({ code: 'custom', message: problem, params: { remedy } });
  return z.NEVER;
}

/** A text that one of the readers of single values understands. */
export function text<T>(parse: (text: string) => Parsed<T>) {
  return z.string().transform((value, context): T => {
    const outcome = parse(value);
    return refused(outcome) ? refuse(context, outcome) : outcome.value;
  });
}
