/**
 * Tells the first of each kind of trouble from its repetitions, so that a log says once that
 * something changed and not once a retry. Subjects and kinds are few: endpoints and error codes.
 */
export class FirstOfEach {
  readonly #seen = new Map<string, Set<string>>();

  /** True once for each kind of a subject, until the subject is forgotten. */
  isFirst(subject: string, kind: string): boolean {
    let kinds = this.#seen.get(subject);
    if (kinds === undefined) {
      kinds = new Set();
      this.#seen.set(subject, kinds);
    }
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  }

  /** The trouble is over: the next of any kind is a first again. */
  forget(subject: string): void {
    this.#seen.delete(subject);
  }
}
