import { readFileSync } from 'node:fs';
import t from 'tap';
import { CONFIG_FIELD, envName, FIELDS } from '../../src/config/fields.ts';
import { GROUP_FIELDS } from '../../src/config/group-fields.ts';
import { jsonSchema } from '../../src/config/schema.ts';

const DOCS = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const ALL = [...FIELDS, ...GROUP_FIELDS.map((f) => ({ ...f, path: `groups[].${f.path}` }))];

await t.test('the documentation has one row for every option, with its default', async (t) => {
  for (const { path, flag, fallback } of ALL) {
    const start = `| \`${path}\` | \`--${flag}\` | \`${envName(flag)}\` |`;
    const row = DOCS.split('\n').find((line) => line.startsWith(start));
    t.ok(row, start);
    if (fallback !== undefined) t.match(row, `| \`${fallback}\` |`);
  }
  t.match(DOCS, `\`--${CONFIG_FIELD.flag}\` | \`${envName(CONFIG_FIELD.flag)}\``);
});

await t.test('the documentation names no option that does not exist', async (t) => {
  const flags = new Set([...ALL, CONFIG_FIELD].map(({ flag }) => `--${flag}`));
  // Of commands, not of the configuration.
  const others = new Set([
    '--schema',
    '--kube-vip-env',
    '--no-kube-vip-env',
    '--no-keep-on-stop',
    '--json',
  ]);
  const named = [...DOCS.matchAll(/(?<![\w|-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
  t.same(
    named.filter((flag) => !flags.has(flag) && !others.has(flag)),
    [],
  );
});

await t.test('schema and table of options name the same fields', async (t) => {
  t.same(leaves(jsonSchema()).toSorted(), ALL.map(({ path }) => path).toSorted());
});

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

function leaves(node: Node, path = ''): string[] {
  if (node.items?.properties !== undefined) return leaves(node.items, `${path}[]`);
  if (node.properties === undefined) return [path];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
}
