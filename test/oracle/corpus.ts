import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { OperatorError } from '../../src/errors.ts';
import { MachineConfig } from '../../src/talos/document/machine-config.ts';
import { secretDigests } from '../../src/talos/document/secrets.ts';
import { vipsOf } from '../../src/talos/integrate/integrated.ts';
import { applyPatches } from '../../src/talos/merge/patch.ts';
import { NOTHING } from '../../src/talos/validate/known.ts';
import { fileFindings } from '../../src/talos/validate/validate.ts';

/**
 * The expectations are derived from the reference (§3, §3.6). `npm run oracle` asks Talos's own code, and
 * keeps its answers: of 1.2 in legacy.json; its present Go module could not be had where this was written.
 */
interface Case {
  readonly why: string;
  readonly role: 'controlplane' | 'init' | 'worker';
  readonly input: string;
  readonly patches: readonly string[];
  /** The documents after the merge, or else the error. */
  readonly expect?: string;
  readonly error?: string;
  /** Talos's documents, where ours are better: nothing is said twice. */
  readonly talos?: string;
  /** What 1.2 did not know yet. */
  readonly later?: string;
  /** What Talos's validation says of the result. */
  readonly invalid?: string;
}

const HERE = new URL('corpus/', import.meta.url);
/** Talos's own answers by the age of its code, where that could be had. */
const AGES = ['current', 'legacy'] as const;
const names = readdirSync(HERE).toSorted();
const cases = names.map((name): [string, Case] => [
  name.replace(/\.yaml$/, ''),
  parse(readFileSync(new URL(name, HERE), 'utf8')) as Case,
]);

function merged({ input, patches }: Case, dedupe = true): MachineConfig {
  const given = patches.map((text, at) => ({ name: `patch ${at}`, text }));
  return applyPatches(MachineConfig.parse(input, 'input'), given, { dedupe });
}

function documents(text: string): unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

await t.test('every case merges as the reference says', (t) => {
  t.ok(cases.length >= 60, `${cases.length} cases`);
  for (const [name, one] of cases) {
    const { why, expect, error, talos } = one;
    if (error !== undefined) {
      const said = message(one);
      t.ok(said.includes(error), `${name}: ${why}\n${said}`);
      continue;
    }
    t.strictSame(documents(merged(one).toString()), documents(expect ?? ''), `${name}: ${why}`);
    if (talos === undefined) continue;
    const plain = merged(one, false).toString();
    t.strictSame(documents(plain), documents(talos), `${name}: as Talos does`);
  }
  t.end();
});

await t.test('what Talos would refuse is found; what it takes is not', (t) => {
  for (const [name, one] of cases) {
    const { error, invalid, role } = one;
    if (error !== undefined) continue;
    const config = merged(one);
    t.equal(config.text('machine', 'type'), role, name);
    // Many cases are fragments without an endpoint, which only matters to a whole file.
    const found = fileFindings(config, NOTHING)
      .filter(({ rule, level }) => rule === 'talos' && level === 'fail')
      .map(({ message }) => message)
      .filter((message) => message !== 'cluster controlplane endpoint is required');
    t.strictSame(found, invalid === undefined ? [] : [invalid], name);
    if (role === 'worker' && vipsOf(config).length > 0) t.ok(invalid, `${name}: a worker`);
  }
  t.end();
});

await t.test('merging again changes nothing where lists are not appended; secrets stay', (t) => {
  for (const [name, one] of cases) {
    if (one.error !== undefined) continue;
    const once = merged(one);
    const before = secretDigests(MachineConfig.parse(one.input, 'input'));
    const after = new Set(secretDigests(once).map(({ path, sha256 }) => `${path} ${sha256}`));
    for (const { path, sha256 } of before) t.ok(after.has(`${path} ${sha256}`), name);
    if (/appended|physical|json|delete|new-ip|moved/.test(name)) continue;
    const twice = merged({ ...one, input: once.toString() });
    t.equal(twice.toString(), once.toString(), name);
  }
  t.end();
});

for (const age of AGES) {
  const golden = new URL(`${age}.json`, import.meta.url);
  // Only `npm run oracle` can ask: it says so and fails where Talos's code cannot be had.
  if (!existsSync(golden)) continue;
  await t.test(`Talos's own answers agree: ${age}`, (t) => {
    const { answers } = JSON.parse(readFileSync(golden, 'utf8')) as {
      answers: Record<string, { agrees: boolean; merged?: string; error?: string }>;
    };
    for (const [name, { later }] of cases) {
      const agrees = age === 'current' || later === undefined;
      t.equal(answers[name]?.agrees, agrees, `${name}: ${JSON.stringify(answers[name])}`);
    }
    t.end();
  });
}

function message(one: Case): string {
  try {
    return merged(one).toString();
  } catch (error) {
    return error instanceof OperatorError ? error.message : `no OperatorError: ${String(error)}`;
  }
}
