/** `ok`; `warn`: it works, and yet a person should know; `fail`: it must be put right. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One thing that was looked at, for people and (as JSON) for programs. Never contains a secret. */
export interface Finding {
  /** What was looked at: `nftables`, `group web`, `etcd https://10.0.0.1:2379`. */
  readonly name: string;
  readonly verdict: Verdict;
  /** What was found, in words. */
  readonly detail: string;
  /** What to do about it, in words. */
  readonly remedy?: string;
}

export function ok(name: string, detail: string): Finding {
  return { name, verdict: 'ok', detail };
}

export function warn(name: string, detail: string, remedy: string): Finding {
  return { name, verdict: 'warn', detail, remedy };
}

export function fail(name: string, detail: string, remedy: string): Finding {
  return { name, verdict: 'fail', detail, remedy };
}

/** How many findings have each verdict. */
export function count(findings: readonly Finding[]): Record<Verdict, number> {
  const counts = { ok: 0, warn: 0, fail: 0 };
  for (const { verdict } of findings) counts[verdict] += 1;
  return counts;
}
