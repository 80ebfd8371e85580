import type * as zod from 'zod';
import { describeField } from './fields.ts';

/** Optional everywhere: what is missing is the rules' to say, and the defaults are a source. */
export function field<T extends zod.ZodType>(path: string, type: T) {
  return type.optional().describe(describeField(path));
}
