import type * as zod from 'zod';
import { z } from '../zod.ts';
import type { Parsed, Refusal } from './parsed.ts';
import { refused, splitCommas } from './parsed.ts';

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

/** A list of such texts, which may also be written as one text with commas. */
export function list<T>(parse: (text: string) => Parsed<T>, most: number) {
  return z.union([z.string(), z.array(z.string())]).transform((value, context): T[] => {
    const items = typeof value === 'string' ? splitCommas(value) : value;
    if (items.length > most) {
      const problem = `has ${items.length} entries`;
      return refuse(context, { problem, remedy: `at most ${most} are allowed` });
    }
    return items.flatMap((item, index) => {
      const outcome = parse(item);
      if (!refused(outcome)) return [outcome.value];
      const { problem, remedy } = outcome;
      context.addIssue({ code: 'custom', message: problem, path: [index], params: { remedy } });
      return [];
    });
  });
}

/** A whole number; from a flag or a variable it comes as text. */
export function whole(parse: (text: string) => Parsed<number>) {
  return z.union([z.string(), z.number()]).transform((value, context): number => {
    const outcome = parse(String(value));
    return refused(outcome) ? refuse(context, outcome) : outcome.value;
  });
}
