/** `npm run bench`: the lab's scenarios for our profiles and for others, side by side. See options.ts. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../../src/errors.ts';
import { interruptible } from '../../../src/lab/interruptible.ts';
import { pickScenarios } from '../../../src/lab/session.ts';
import { CONTENDERS, loadAdapter, pickContenders } from './contenders.ts';
import { renderMarkdown } from './markdown.ts';
import { measure } from './measure.ts';
import { benchOptions, type BenchOptions } from './options.ts';
import { merged, type BenchResult, type Column } from './result.ts';
import { COMPARED, COSTS } from './scenarios.ts';
import { setting } from './setting.ts';
import { renderSvg } from './svg.ts';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measureAll(options: BenchOptions): Promise<BenchResult> {
  const adapters = await Promise.all(options.adapters.map(loadAdapter));
  const contenders = pickContenders(options.only, [...CONTENDERS, ...adapters]);
  const scenarios = pickScenarios(options.scenarios ?? ['all'], [...COMPARED, COSTS]);
  // Before half an hour of measuring is lost for want of a package.
  for (const contender of contenders) await contender.version();
  const columns: Column[] = [];
  await interruptible(say, async (signal) => {
    for (const contender of contenders) {
      const { runs } = options;
      columns.push(await measure(contender, { scenarios, runs, onProgress: say, signal }));
    }
  });
  return { setting: setting(new Date()), columns };
}

async function readResult(file: string): Promise<BenchResult> {
  return JSON.parse(await readFile(file, 'utf8')) as BenchResult;
}

async function bench(options: BenchOptions): Promise<void> {
  const earlier = await Promise.all(options.from.map(readResult));
  const result = merged(options.render ? earlier : [...earlier, await measureAll(options)]);
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  const scenarios = COMPARED.map(({ name }) => name);
  const page = renderMarkdown(result, scenarios);
  await mkdir(options.out, { recursive: true });
  await writeFile(join(options.out, 'bench.md'), page);
  await writeFile(join(options.out, 'bench.svg'), renderSvg(result, scenarios));
  process.stdout.write(page);
}

try {
  await bench(benchOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  say(`bench: ${error.message}`);
  process.exitCode = error.exitCode;
}
