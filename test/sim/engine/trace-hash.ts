/** A hash of everything that happened, in order: two runs of one seed must yield the same. */
export class TraceHash {
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);
  #low = 0x81_1c_9d_c5;
  #high = 0x9e_37_79_b9;

  /** Takes in a moment and a number that says what happened. */
  mix(at: number, what: number): void {
    this.#float[0] = at;
    this.#low = Math.imul(this.#low ^ (this.#words[0] ?? 0) ^ what, 0x01_00_01_93);
    this.#high = Math.imul(this.#high ^ (this.#words[1] ?? 0) ^ (this.#low >>> 7), 0x85_eb_ca_6b);
  }

  /** Takes in a text, for instance a key. */
  mixText(text: string): void {
    for (let at = 0; at < text.length; at += 1) {
      this.#low = Math.imul(this.#low ^ text.charCodeAt(at), 0x01_00_01_93);
    }
  }

  /** Sixteen hex digits. */
  get digest(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
