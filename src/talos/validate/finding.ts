import type { MachineConfig } from '../document/machine-config.ts';

/**
 * What found it: one of our own lints (L1 to L6, reference §9.1), `talos` where Talos itself would
 * say these words, `syntax` where a file cannot be read.
 */
export type Rule = 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L6' | 'talos' | 'syntax';

/** `fail`: it will not work. `warn`: it works, and yet a person should know. */
export type Level = 'fail' | 'warn';

/** One thing that is wrong with a configuration. Never contains a secret. */
export interface LintFinding {
  /** The file, or the inventory. */
  readonly file: string;
  /** `file:line:column`, or the file alone. */
  readonly place: string;
  readonly rule: Rule;
  readonly level: Level;
  /** What is wrong; with the rule `talos`, in Talos's own words. */
  readonly message: string;
  /** What would be right. */
  readonly remedy?: string;
}

/** Collects what is found in one file. */
export class Findings {
  readonly list: LintFinding[] = [];
  readonly #config: MachineConfig;

  constructor(config: MachineConfig) {
    this.#config = config;
  }

  /** @param node where it stands; undefined for the file as a whole */
  fail(rule: Rule, node: unknown, message: string, remedy?: string): void {
    this.#add('fail', rule, node, message, remedy);
  }

  warn(rule: Rule, node: unknown, message: string, remedy?: string): void {
    this.#add('warn', rule, node, message, remedy);
  }

  #add(level: Level, rule: Rule, node: unknown, message: string, remedy?: string): void {
    const { name: file } = this.#config;
    const place = this.#config.where(node);
    const finding = { file, place, rule, level, message };
    this.list.push(remedy === undefined ? finding : { ...finding, remedy });
  }
}
