/** What is wrong with a value and what would be right, in words for the operator. */
export interface Refusal {
  readonly problem: string;
  readonly remedy: string;
}

/** The outcome of reading one value: the value, or why it is refused. */
export type Parsed<T> = { readonly value: T } | Refusal;

/** True for a refusal, whatever the success of a parser looks like. */
export function refused(outcome: object): outcome is Refusal {
  return 'problem' in outcome;
}

/** A list written as one text: `a, b` is two entries. */
export function splitCommas(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
