/** One option: where it stands in the file, its flag, its default and its meaning. */
export interface Field {
  /** Dotted path in the file; of a group's field, below `groups[]`. */
  readonly path: string;
  /** Name of the flag without dashes; the environment variable follows from it. */
  readonly flag: string;
  /** What the flag takes, for the help; a switch takes nothing. */
  readonly takes: 'switch' | (string & {});
  /** The default as an operator would write it. */
  readonly fallback?: string | boolean | number;
  readonly describe: string;
}
