import { StringDecoder } from 'node:string_decoder';

/** How much of an answer's body is read at most, in bytes. */
const READ_LIMIT = 16 * 1024;

/** How much of it is kept, in bytes. */
const KEPT_LIMIT = 1024;

/** The beginning of an answer's body. */
export class BodyHead {
  #kept: Buffer[] = [];
  #bytes = 0;

  /** Takes the next piece; false when enough has been read. */
  add(chunk: Buffer): boolean {
    if (this.#bytes < KEPT_LIMIT) this.#kept.push(chunk.subarray(0, KEPT_LIMIT - this.#bytes));
    this.#bytes += chunk.length;
    return this.#bytes < READ_LIMIT;
  }

  /**
   * The first 1 KB as text. Bytes that are no UTF-8 become U+FFFD, a character cut in two at the end is left out, and
   * so are NULs, which PostgreSQL's text cannot hold.
   */
  toString(): string {
    if (this.#bytes === 0) return '';
    return new StringDecoder('utf8').write(Buffer.concat(this.#kept)).replaceAll('\0', '');
  }
}
