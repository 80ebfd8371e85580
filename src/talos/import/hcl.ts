import type { ConfigFile } from '../../config/file.ts';
import type { Path } from '../../config/path.ts';
import { formatPath } from '../../config/path.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Token } from './hcl-tokens.ts';
import { tokensOf } from './hcl-tokens.ts';

/** What is no literal: a function, a reference, a condition. Nothing is evaluated here. */
export class HclExpression {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const WORDS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
/** Deeper than any variable of a module. */
const DEPTH_MAX = 50;

/**
 * Reads the literals of Terraform's language: texts, numbers, booleans, null, lists, objects,
 * here-documents, and blocks as objects below their type and labels.
 * @param name of the file, for messages
 * @throws OperatorError with line and column
 */
export function parseHcl(text: string, name: string): ConfigFile {
  return new Parser(text, name).file();
}

class Parser {
  readonly #text: string;
  readonly #name: string;
  readonly #tokens: readonly Token[];
  readonly #positions = new Map<string, Token>();
  #at = 0;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
    this.#tokens = tokensOf(text, name);
  }

  file(): ConfigFile {
    const tree = this.#body([], 'end');
    const positionOf = (place: Path): Token | undefined => {
      for (let length = place.length; length > 0; length--) {
        const token = this.#positions.get(formatPath(place.slice(0, length)));
        if (token !== undefined) return token;
      }
      return undefined;
    };
    return {
      tree,
      lineOf: (place) => positionOf(place)?.line,
      positionOf: (place) => {
        const token = positionOf(place);
        return token && `${token.line}:${token.column}`;
      },
    };
  }

  /** Attributes and blocks up to the end of the file or a closing brace. */
  #body(path: Path, end: 'end' | '}'): Record<string, unknown> {
    if (path.length > DEPTH_MAX) this.#refuse(this.#peek(), 'is nested too deep');
    const body: Record<string, unknown> = {};
    for (;;) {
      this.#skip('newline', ',');
      const key = this.#next();
      if (key.kind === end) return body;
      if (key.kind !== 'word' && key.kind !== 'string') {
        this.#refuse(key, 'is no name of an attribute', 'write name = value');
      }
      const own = [...path, key.value];
      if (Object.hasOwn(body, key.value)) this.#refuse(key, `${key.value} is there twice`);
      this.#positions.set(formatPath(own), this.#peek());
      if (this.#peek().kind === '=' || this.#peek().kind === ':') {
        this.#next();
        this.#skip('newline');
        this.#positions.set(formatPath(own), this.#peek());
        Object.defineProperty(body, key.value, { value: this.#value(own), enumerable: true });
      } else {
        this.#block(body, own);
      }
    }
  }

  /** `module "name" { … }` is `module: {name: {…}}`. */
  #block(body: Record<string, unknown>, path: Path): void {
    let holder = body;
    let own = path;
    const first = String(path.at(-1));
    const labels = [first];
    while (this.#peek().kind === 'string' || this.#peek().kind === 'word') {
      labels.push(this.#next().value);
    }
    const open = this.#next();
    if (open.kind !== '{') this.#refuse(open, 'is neither = nor a block', 'write name = value');
    for (const [at, label] of labels.entries()) {
      own = at === 0 ? path : [...own, label];
      const inner = at === labels.length - 1 ? this.#body(own, '}') : {};
      Object.defineProperty(holder, label, { value: inner, enumerable: true });
      holder = inner;
    }
  }

  #value(path: Path): unknown {
    const start = this.#at;
    const token = this.#next();
    const value = this.#literal(token, path);
    const follows = this.#peek().kind;
    const isEnd = [',', 'newline', ']', '}', 'end'].includes(follows);
    return value !== undefined && isEnd ? value : this.#expression(start);
  }

  /** Undefined where it is none. */
  #literal(token: Token, path: Path): unknown {
    const { kind, value, isTemplate } = token;
    if (kind === 'string' || kind === 'heredoc') return isTemplate ? undefined : value;
    if (kind === 'number') return Number(value);
    if (kind === 'word') return WORDS.get(value);
    if (this.#isFor()) return undefined;
    if (kind === '{') return this.#body(path, '}');
    return kind === '[' ? this.#list(path) : undefined;
  }

  /** `[for x in list : …]` and its like. */
  #isFor(): boolean {
    const { kind, value } = this.#peek();
    return kind === 'word' && value === 'for';
  }

  #list(path: Path): unknown[] {
    const list: unknown[] = [];
    for (;;) {
      this.#skip('newline', ',');
      if (this.#peek().kind === ']') break;
      if (this.#peek().kind === 'end') this.#refuse(this.#peek(), 'ends within a list');
      const own = [...path, list.length];
      this.#positions.set(formatPath(own), this.#peek());
      list.push(this.#value(own));
    }
    this.#next();
    return list;
  }

  /** Everything up to the end of the value, brackets balanced. */
  #expression(start: number): HclExpression {
    this.#at = start;
    let depth = 0;
    for (;;) {
      const { kind } = this.#peek();
      const closes = kind === ']' || kind === '}' || kind === ')';
      if (kind === 'end' || (depth === 0 && (closes || kind === ',' || kind === 'newline'))) break;
      if (kind === '[' || kind === '{' || kind === '(') depth++;
      if (closes) depth--;
      this.#next();
    }
    const from = this.#tokens[start]?.from ?? 0;
    return new HclExpression(this.#text.slice(from, this.#tokens[this.#at - 1]?.to ?? from));
  }

  #skip(...kinds: readonly Token['kind'][]): void {
    while (kinds.includes(this.#peek().kind)) this.#next();
  }

  #peek(): Token {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError('there is always an end');
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #refuse({ line, column }: Token, problem: string, remedy?: string): never {
    const place = `${this.#name}:${line}:${column}`;
    const text = `${place}: ${problem}${remedy === undefined ? '' : `; ${remedy}`}`;
    throw new OperatorError(text, ExitCode.usage);
  }
}
