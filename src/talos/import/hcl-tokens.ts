import { ExitCode, OperatorError } from '../../errors.ts';

/** A token of Terraform's language. */
export interface Token {
  readonly kind: Kind;
  /** Text of a string without its quotes and escapes; as written for others. */
  readonly value: string;
  /** A text in which something is to be put: `${…}` or `%{…}`. */
  readonly isTemplate: boolean;
  readonly from: number;
  readonly to: number;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

type Mark = '{' | '}' | '[' | ']' | '(' | ')' | '=' | ':' | ',';
type Kind = Mark | 'word' | 'number' | 'string' | 'heredoc' | 'newline' | 'other' | 'end';

/** In this order; each at the place where the one before has ended. */
const PATTERNS: readonly (readonly [Kind | 'space', RegExp])[] = [
  ['newline', /\r?\n/y],
  ['space', /[ \t]+|(?:#|\/\/)[^\n]*|\/\*[^]*?\*\//y],
  ['heredoc', /<<-?([\w-]+)\r?\n(?:([^]*?)\r?\n)??[ \t]*\1(?=\r?\n|$)/y],
  ['string', /"(?:[^"\\\n]|\\.)*"/y],
  ['number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y],
  ['word', /[A-Za-z_][\w-]*/y],
  ['other', /==|!=|<=|>=|=>|&&|\|\||[^]/y],
];
const MARKS: ReadonlySet<string> = new Set(['{', '}', '[', ']', '(', ')', '=', ':', ',']);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** @throws OperatorError where a text does not end */
export function tokensOf(text: string, name: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  while (at < text.length) {
    const [kind, match] = matchAt(text, at);
    const raw = match[0];
    const place = { line, column: at - lineStart + 1, from: at, to: at + raw.length };
    if (kind === 'other' && raw === '"') {
      const remedy = 'close it on its line, or use <<EOT';
      throw new OperatorError(
        `${name}:${line}:${place.column}: a text does not end; ${remedy}`,
        ExitCode.usage,
      );
    }
    if (kind !== 'space') tokens.push({ ...place, ...contentOf(kind, raw, match) });
    for (let next = raw.indexOf('\n'); next >= 0; next = raw.indexOf('\n', next + 1)) {
      line++;
      lineStart = at + next + 1;
    }
    at += raw.length;
  }
  const place = { line, column: at - lineStart + 1, from: at, to: at };
  return [...tokens, { ...place, kind: 'end', value: '', isTemplate: false }];
}

function matchAt(text: string, at: number): readonly [Kind | 'space', RegExpExecArray] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return [kind, match];
  }
  throw new RangeError('the last pattern takes anything');
}

function contentOf(kind: Kind, raw: string, match: RegExpExecArray) {
  const isTemplate = (kind === 'string' || kind === 'heredoc') && /(?<![$%])[$%]\{/.test(raw);
  if (kind === 'string') return { kind, value: unescaped(raw.slice(1, -1)), isTemplate };
  if (kind === 'heredoc') {
    const body = match[2] === undefined ? '' : `${match[2]}\n`;
    return { kind, value: raw.startsWith('<<-') ? outdented(body) : body, isTemplate };
  }
  const own = kind === 'other' && MARKS.has(raw) ? (raw as Mark) : kind;
  return { kind: own, value: raw, isTemplate };
}

function unescaped(text: string): string {
  return text
    .replaceAll(/\\u([0-9A-Fa-f]{4})|\\(.)/g, (_all, code: string | undefined, one: string) =>
      code === undefined ? (ESCAPES[one] ?? one) : String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(/([$%])\1\{/g, '$1{');
}

/** `<<-` takes away the blanks that all its lines begin with. */
function outdented(body: string): string {
  const lines = body.split('\n');
  const blanks = lines
    .filter((line) => line.trim() !== '')
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const most = Math.min(...blanks, body.length);
  return lines.map((line) => line.slice(most)).join('\n');
}
