/** What must never be. */
export type Invariant =
  | 'two-holders'
  | 'fence-beyond-proof'
  | 'frame-without-right'
  | 'unguarded-write'
  | 'beat-overtaken'
  | 'promise-moved-back'
  | 'promise-too-short'
  | 'beat-late'
  | 'lost-token-proved'
  | 'name-overwritten'
  | 'ended-whoever-held'
  | 'ended-unsaid'
  | 'deposed-while-beating'
  | 'living-candidate-deleted'
  | 'foreign-deleted'
  | 'handed-past-others'
  | 'marked-without-foreign'
  | 'ceiling-below-promise'
  | 'deposed-in-grace'
  | 'burnt-token-claimed'
  | 'unlisted-while-held'
  | 'lost-without-cause'
  | 'taken-from-a-holder'
  | 'taking-is-no-beat'
  | 'enqueued-without-beat'
  | 'address-without-right'
  | 'address-left-behind'
  | 'gone-early'
  | 'leads-without-right'
  | 'suspend-unheeded'
  | 'given-up-early'
  | 'revision-not-increasing'
  | 'key-given-up-while-held'
  | 'turn-given-up'
  | 'holds-beside-foreign-leader'
  | 'defect'
  | 'no-holder-after-faults'
  | 'too-many-changes'
  | 'growth';

/** An invariant is broken: the run ends here. */
export class Violation extends Error {
  override name = 'Violation';
  readonly invariant: Invariant;
  readonly atMs: number;
  constructor(invariant: Invariant, atMs: number, detail: string, options?: ErrorOptions) {
    super(`${invariant} at ${atMs.toFixed(1)} ms: ${detail}`, options);
    this.invariant = invariant;
    this.atMs = atMs;
  }
}
