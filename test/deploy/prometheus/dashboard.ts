// The dashboard keeps to the types of @grafana/schema: it is put into a module as a literal of them, which
// the compiler judges.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const FILE = new URL('../../../deploy/prometheus/dashboard.json', import.meta.url);
/** Below the project, for the compiler looks for packages above the module. */
const DIR = fileURLToPath(new URL(`../../../.cache/dashboard-${process.pid}/`, import.meta.url));

/** Enumerations are their values in JSON; options of a panel are those of its own type. */
const TYPES = `
import type { Dashboard, FieldConfig, Panel } from '@grafana/schema';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as series from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
type Json<T> = T extends string ? \`\${T}\`
  : T extends readonly (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type Of<Type extends string, Options, Custom> = Json<Omit<Panel, 'type' | 'options' | 'fieldConfig'>> & {
  type: Type;
  options: Json<Options>;
  fieldConfig: { defaults: Json<Omit<FieldConfig, 'custom'>> & { custom?: Json<Custom> }; overrides: [] };
};
type Panels = Of<'stat', stat.Options, never>
  | Of<'timeseries', series.Options, series.FieldConfig>
  | Of<'state-timeline', timeline.Options, timeline.FieldConfig>;
export const dashboard: Json<Omit<Dashboard, 'panels'>> & { panels: Panels[] } = `;

/** What the compiler says of a text as a dashboard. */
function complaints(text: string): string[] {
  mkdirSync(DIR, { recursive: true });
  const file = `${DIR}dashboard.ts`;
  writeFileSync(file, `${TYPES}${text};\n`);
  try {
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  } finally {
    rmSync(DIR, { recursive: true });
  }
}

const text = readFileSync(FILE, 'utf8');

await t.test('it keeps to the types of Grafana', async (t) => {
  t.same(complaints(text), []);
});

await t.test('what does not, the compiler finds', async (t) => {
  const wrong = text.replace('"state-timeline"', '"state-line"');
  t.not(wrong, text);
  t.not(complaints(wrong).length, 0, 'a type of panel that there is not');
  const misspelt = text.replace('"mergeValues"', '"merge"');
  t.not(complaints(misspelt).length, 0, 'a misspelt option');
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly { readonly refId: string }[];
}

await t.test('panels have their own numbers, and none lies over another', async (t) => {
  const { panels } = JSON.parse(text) as { panels: Panel[] };
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  );
  t.equal(new Set(cells).size, cells.length);
  for (const { title, targets } of panels) t.ok(targets.length > 0, title);
});
