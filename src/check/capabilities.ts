import type { Capability } from '../runtime/privileges.ts';
import { fail, ok, type Finding } from './finding.ts';

/** Each capability that the daemon needs. */
export function judgeCapabilities(capabilities: readonly Capability[]): Finding[] {
  return capabilities.map(({ name, why, present, remedy }) =>
    present
      ? ok(name, `present: ${why}`)
      : fail(name, `missing: it is needed ${why}`, `${remedy}; run check as the daemon is run`),
  );
}
