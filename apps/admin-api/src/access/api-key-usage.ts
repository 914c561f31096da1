import type { Part } from '@posthorn/core';
import type { ActiveApiKey } from '@posthorn/database/access';
import { every, type Loop } from '@posthorn/runtime';

interface ApiKeyUsageOptions {
  /** Stores that these keys are used now. Returns those that cannot be stored yet. */
  record: (keyIds: string[]) => Promise<string[]>;
  onError: (error: unknown) => void;
  /** How soon a use is stored, in milliseconds. */
  flushMs: number;
  /** Returns the monotonic time in milliseconds. */
  nowMs?: () => number;
}

/** How long later uses of a key are ignored after its use was stored, in milliseconds. */
const REPEAT_MS = 60_000;

/** Records when API keys are used: each key once a minute, many with one statement, and without a wait of any call. */
export class ApiKeyUsage implements Part {
  readonly #options: ApiKeyUsageOptions;
  readonly #nowMs: () => number;
  readonly #loop: Loop;
  /** When a use of each key was noted, oldest first. */
  readonly #noted = new Map<string, number>();
  #unrecorded = new Set<string>();

  constructor(options: ApiKeyUsageOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#loop = every(options.flushMs, () => this.#flush(), options.onError);
  }

  /** Notes that a caller uses its key. A session or portal link uses the key that created it. */
  note({ id, parent }: Pick<ActiveApiKey, 'id' | 'parent'>): void {
    const keyId = parent?.id ?? id;
    if (this.#noted.has(keyId)) return;
    this.#noted.set(keyId, this.#nowMs());
    this.#unrecorded.add(keyId);
  }

  /** Records the uses that are not recorded yet. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#flush().catch(this.#options.onError);
  }

  async #flush(): Promise<void> {
    this.#forgetOld();
    if (this.#unrecorded.size === 0) return;
    const keyIds = this.#unrecorded;
    this.#unrecorded = new Set();
    try {
      this.#recordLater(await this.#options.record([...keyIds]));
    } catch (error) {
      this.#recordLater(keyIds);
      throw error;
    }
  }

  #recordLater(keyIds: Iterable<string>): void {
    for (const keyId of keyIds) this.#unrecorded.add(keyId);
  }

  #forgetOld(): void {
    // It is stored by the end of the second flush.
    const oldest = this.#nowMs() - REPEAT_MS - 2 * this.#options.flushMs;
    for (const [keyId, notedAtMs] of this.#noted) {
      if (notedAtMs > oldest) return;
      this.#noted.delete(keyId);
    }
  }
}
