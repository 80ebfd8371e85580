import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What has been compiled already, by the hash of its text: each worker would spend a second on it. */
const CACHE = new URL('../../../.tap/sim/', import.meta.url);

/** Replacements of the chosen mutant that have not been made yet. */
let edits = [];

export async function initialize({ mutant }) {
  if (mutant === undefined) return;
  const folder = new URL('../mutants/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  const all = texts.flatMap((text) => JSON.parse(text));
  const chosen = all.find(({ name }) => name === mutant);
  if (chosen === undefined) throw new Error(`there is no mutant ${mutant}`);
  edits = chosen.edits;
}

/** @throws when the text that a mutant replaces is not there exactly once: then it tests nothing */
function mutated(fileName, text) {
  let result = text;
  for (const { file, from, to } of edits) {
    if (!fileName.endsWith(`/${file}`)) continue;
    if (result.split(from).length !== 2) throw new Error(`${file} has not once: ${from}`);
    result = result.replace(from, () => to);
  }
  return result;
}

async function compile(fileName, text) {
  const { default: ts } = await import('typescript');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    inlineSourceMap: true,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(text, { fileName, compilerOptions }).outputText;
}

async function compiled(fileName, text) {
  const hash = createHash('sha256').update(`${fileName}\n${text}`).digest('hex');
  const cached = new URL(`${hash}.js`, CACHE);
  try {
    return await readFile(cached, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const output = await compile(fileName, text);
  // Renamed into place: other workers read it whole or not at all.
  const own = new URL(`${hash}.${process.pid}`, CACHE);
  await mkdir(CACHE, { recursive: true });
  await writeFile(own, output);
  await rename(own, cached);
  return output;
}

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const fileName = fileURLToPath(url);
  const text = mutated(fileName, await readFile(fileName, 'utf8'));
  return { format: 'module', source: await compiled(fileName, text), shortCircuit: true };
}
