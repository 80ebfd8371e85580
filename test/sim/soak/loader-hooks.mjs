import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const compilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  inlineSourceMap: true,
  verbatimModuleSyntax: true,
};

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

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const fileName = fileURLToPath(url);
  const text = mutated(fileName, await readFile(fileName, 'utf8'));
  const { outputText } = ts.transpileModule(text, { fileName, compilerOptions });
  return { format: 'module', source: outputText, shortCircuit: true };
}
