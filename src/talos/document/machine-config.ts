import { createHash } from 'node:crypto';
import type { YAMLMap } from 'yaml';
import { isMap } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Place, Tree } from './syntax.ts';
import { isEmpty, parseText, textAt } from './syntax.ts';

/** What a node is: `init` counts as control plane, as it does for Talos. */
export type Role = 'controlplane' | 'worker';
/**
 * How a file writes its configuration: A all in one document (Talos up to 1.11), B the network in
 * documents of their own (1.12 and 1.13), C Kubernetes too (1.14 and later).
 */
export type Dialect = 'A' | 'B' | 'C';

/** One document: a map with the kind it says; the first form of Talos says none. */
export interface ConfigDocument {
  readonly tree: Tree;
  readonly map: YAMLMap;
  /** Empty for the v1alpha1 document. */
  readonly kind: string;
  /** As Talos names it: `/v1alpha1`, `v1alpha1/Layer2VIPConfig/10.0.0.9`. */
  readonly id: string;
  /** Its text as it was read, for what was not changed; undefined for an added one. */
  readonly source: string | undefined;
  /** Hash of its tree as it was read. */
  readonly digest: string;
}

const SEPARATOR = '---\n';
const INDENT_DEFAULT = 4;

/** A machine configuration: one or more documents, comments and order of keys kept. */
export class MachineConfig {
  readonly name: string;
  documents: readonly ConfigDocument[];
  readonly #placeOf: (node: unknown) => Place | undefined;

  private constructor(
    name: string,
    documents: readonly ConfigDocument[],
    placeOf: (node: unknown) => Place | undefined,
  ) {
    this.name = name;
    this.documents = documents;
    this.#placeOf = placeOf;
  }

  /**
   * @param name of the file, for messages
   * @throws OperatorError with file, line and column: no YAML, no map, a document twice
   */
  static parse(text: string, name: string): MachineConfig {
    const { trees, placeOf } = parseText(text, name);
    const documents: ConfigDocument[] = [];
    let end = 0;
    for (const tree of trees) {
      // From the end of the one before: comments above a document are none of its range.
      const source = text.slice(end, tree.range?.[2]);
      end = tree.range?.[2] ?? end;
      if (isEmpty(tree)) continue;
      const place = placeOf(tree.contents);
      const where = `${name}:${place?.line ?? 1}:${place?.column ?? 1}`;
      if (!isMap(tree.contents)) {
        throw new OperatorError(`${where}: a document must be a map of keys`, ExitCode.usage);
      }
      const document = documentOf(tree, source);
      // Patches that delete come as a document of their own, beside the one that adds.
      const isPatch = tree.contents.has('$patch');
      if (!isPatch && documents.some(({ id, map }) => id === document.id && !map.has('$patch'))) {
        const id = document.id.replace(/^\//, '');
        throw new OperatorError(
          `${where}: duplicate document ${id} is not allowed (line ${place?.line ?? 1})`,
          ExitCode.usage,
        );
      }
      documents.push(document);
    }
    return new MachineConfig(name, documents, placeOf);
  }

  /** The document without a kind, or undefined. */
  get v1alpha1(): YAMLMap | undefined {
    return this.documents.find(({ kind }) => kind === '')?.map;
  }

  ofKind(kind: string): readonly ConfigDocument[] {
    return this.documents.filter((document) => document.kind === kind);
  }

  /** What the file says at a path of the v1alpha1 document. */
  text(...path: (string | number)[]): string | undefined {
    return textAt(this.v1alpha1, path);
  }

  /** Undefined where the file does not say it: a patch. */
  get role(): Role | undefined {
    const type = this.text('machine', 'type');
    if (type === undefined) return undefined;
    return type === 'controlplane' || type === 'init' ? 'controlplane' : 'worker';
  }

  get dialect(): Dialect {
    return dialectOf(this);
  }

  /** `file:line:column` of something in it, or the file alone. */
  where(node: unknown): string {
    const place = this.#placeOf(node);
    return place === undefined ? this.name : `${this.name}:${place.line}:${place.column}`;
  }

  /** As text. Documents that were not changed are as they were, byte for byte. */
  toString(): string {
    const indent = indentOf(this.documents);
    return this.documents
      .map((document, at) => {
        const text = textOf(document, indent);
        return at === 0 || text.startsWith('---') ? text : `${SEPARATOR}${text}`;
      })
      .join('');
  }
}

/** Wraps a tree whose contents is a map. */
export function documentOf(tree: Tree, source?: string): ConfigDocument {
  const map = tree.contents as YAMLMap;
  const kind = textAt(map, ['kind']) ?? '';
  const name = textAt(map, ['name']);
  const version = kind === '' ? 'v1alpha1' : (textAt(map, ['apiVersion']) ?? '');
  const id = kind === '' ? `/${version}` : [version, kind, name].filter(Boolean).join('/');
  return { tree, map, kind, id, source, digest: digestOf(tree) };
}

/** Reference §3.7: any Kubernetes document makes C; any document with a kind and no legacy link B. */
function dialectOf(config: MachineConfig): Dialect {
  const kinds = config.documents.map(({ kind }) => kind).filter((kind) => kind !== '');
  if (kinds.some((kind) => /^Kube\w*Config$/.test(kind) && kind !== 'KubeSpanConfig')) return 'C';
  const links = config.v1alpha1?.getIn(['machine', 'network', 'interfaces']);
  return kinds.length > 0 && links === undefined ? 'B' : 'A';
}

function textOf(document: ConfigDocument, indent: number): string {
  const { tree, source, digest } = document;
  if (source !== undefined && digestOf(tree) === digest) {
    return source.endsWith('\n') ? source : `${source}\n`;
  }
  return tree.toString({
    indent,
    lineWidth: 0,
    indentSeq: source?.includes('\n- ') !== true,
    // `[a]` or `[ a ]`, as the file has it.
    flowCollectionPadding: source === undefined || /[[{] +[^ #]/.test(source),
  });
}

function digestOf(tree: Tree): string {
  return createHash('sha256')
    .update(tree.toString({ lineWidth: 0 }))
    .digest('hex');
}

/** The indent of the first indented line: talosctl writes four blanks, people often two. */
function indentOf(documents: readonly ConfigDocument[]): number {
  for (const { source } of documents) {
    const blanks = /^( +)[^ #-]/m.exec(source ?? '')?.[1]?.length;
    if (blanks !== undefined) return blanks;
  }
  return INDENT_DEFAULT;
}
