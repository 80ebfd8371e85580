import { count, type Finding, type Verdict } from '../check/finding.ts';
import { painter, printable, table, type Cell, type Colour } from './text.ts';

const COLOURS: Record<Verdict, Colour> = { ok: 'green', warn: 'yellow', fail: 'red' };
const INDENT = '      ';

/** What `vip-elector check` prints: a line for each finding, remedies beneath, and a count. */
export function checkText(
  findings: readonly Finding[],
  { colours }: { readonly colours: boolean },
): string {
  const paint = painter(colours);
  const rows: Cell[][] = findings.map(({ name, verdict, detail }) => [
    [verdict, COLOURS[verdict]],
    printable(name),
    printable(detail),
  ]);
  const [head = '', ...lines] = table([['', 'CHECK', 'FOUND'], ...rows], paint);
  const body = lines.flatMap((line, index) => {
    const remedy = findings[index]?.remedy;
    return remedy === undefined ? [line] : [line, `${INDENT}remedy: ${printable(remedy)}`];
  });
  const counts = count(findings);
  const total = (['ok', 'warn', 'fail'] as const).map((verdict) => {
    const text = `${counts[verdict]} ${verdict}`;
    return counts[verdict] === 0 ? text : paint(COLOURS[verdict], text);
  });
  return `${[head, ...body, '', total.join(', ')].join('\n')}\n`;
}
