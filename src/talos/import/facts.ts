import { ExitCode, OperatorError } from '../../errors.ts';

/** A value and where it was said: `values.yaml:3:7 endpointMode`. */
export interface Said {
  readonly value: unknown;
  readonly where: string;
}

/** What sources have said, by the field of an inventory that it fills (`endpoint.mode`). */
export class Facts {
  readonly #single = new Map<string, Said>();
  readonly #lists = new Map<string, Said[]>();

  /** @throws OperatorError where another source says something else */
  say(field: string, value: unknown, where: string): void {
    if (value === undefined) return;
    const before = this.#single.get(field);
    if (before !== undefined && JSON.stringify(before.value) !== JSON.stringify(value)) {
      throw new OperatorError(
        `${where} = ${JSON.stringify(value)}, but ${before.where} = ` +
          `${JSON.stringify(before.value)}: both are ${field}; make them say the same`,
        ExitCode.usage,
      );
    }
    if (before === undefined) this.#single.set(field, { value, where });
  }

  /** Puts a value into a list, once. */
  add(field: string, value: unknown, where: string): void {
    const list = this.#lists.get(field) ?? [];
    this.#lists.set(field, list);
    const text = JSON.stringify(value);
    if (!list.some((said) => JSON.stringify(said.value) === text)) list.push({ value, where });
  }

  said(field: string): Said | undefined {
    return this.#single.get(field);
  }

  /** What was said, which is no field of the inventory itself. */
  take(field: string): Said | undefined {
    const said = this.#single.get(field);
    this.#single.delete(field);
    return said;
  }

  list(field: string): readonly Said[] {
    return this.#lists.get(field) ?? [];
  }

  /** Every value with its place: an entry of a list by its number. */
  *entries(): Generator<readonly [path: readonly (string | number)[], said: Said]> {
    for (const [field, said] of this.#single) yield [field.split('.'), said];
    for (const [field, list] of this.#lists) {
      for (const [at, said] of list.entries()) yield [[...field.split('.'), at], said];
    }
  }
}
