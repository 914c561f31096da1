import { StringDecoder } from 'node:string_decoder';

/** Maximum number of bytes to read of a response body. */
const READ_LIMIT = 16 * 1024;

/** Maximum number of bytes to keep, by default. */
const KEPT_LIMIT = 1024;

/** Collects the first bytes of a response body. */
export class BodyPreview {
  readonly #keptLimit: number;
  #kept: Buffer[] = [];
  #bytes = 0;

  constructor(keptLimit = KEPT_LIMIT) {
    this.#keptLimit = keptLimit;
  }

  /** Adds a chunk. Returns false once the read limit is reached. */
  add(chunk: Buffer): boolean {
    if (this.#bytes < this.#keptLimit) this.#kept.push(chunk.subarray(0, this.#keptLimit - this.#bytes));
    this.#bytes += chunk.length;
    return this.#bytes < Math.max(READ_LIMIT, this.#keptLimit);
  }

  /**
   * Returns the kept bytes as text. Invalid UTF-8 becomes U+FFFD. An incomplete character at the end is dropped, and so are
   * NUL characters, which PostgreSQL cannot store in text.
   */
  toString(): string {
    if (this.#bytes === 0) return '';
    return new StringDecoder('utf8').write(Buffer.concat(this.#kept)).replaceAll('\0', '');
  }
}
