import type { Parsed } from './parsed.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * Reads a duration such as `5s`, `300ms`, `1.5s` or `1m`.
 * @returns whole milliseconds. A bare number is refused: nobody can tell what it counts.
 */
export function parseDuration(text: string): Parsed<number> {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const remedy = `say what it counts: ${text}s, ${text}ms or ${text}m`;
    return { problem: 'is a duration without a unit', remedy };
  }
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  const factor = UNITS_MS[unit ?? ''];
  if (digits === undefined || factor === undefined) {
    return { problem: 'is no duration', remedy: 'write one like 5s, 300ms or 1m' };
  }
  // 1.001 · 1000 is not whole in binary: round, then see that nothing was lost.
  const value = Math.round(Number(digits) * factor);
  if (Math.abs(value - Number(digits) * factor) > 1e-6) {
    return { problem: 'is finer than a millisecond', remedy: 'write whole milliseconds' };
  }
  return { value };
}

/** Milliseconds as an operator writes them: `1m`, `4.9s`, `300ms`. */
export function formatDuration(ms: number): string {
  if (ms !== 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms >= 1000 || ms === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
