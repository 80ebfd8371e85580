// Whoever is woken by an alert finds the place that it names.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly annotations?: { readonly runbook?: string };
    }[];
  }[];
}

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

await t.test('each runbook of an alert is a heading of a document', async (t) => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as Rules;
  const named = groups.flatMap(({ rules }) =>
    rules.flatMap(({ annotations }) => annotations?.runbook ?? []),
  );
  t.ok(named.length >= 9, `${named.length} alerts name one`);
  for (const each of named) {
    const [path = '', anchor] = each.split('#');
    const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    );
    t.ok(headings.includes(anchor ?? ''), each);
  }
});
