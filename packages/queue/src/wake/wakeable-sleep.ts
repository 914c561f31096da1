/** A pause that another part can end. A wake-up between two pauses ends the next one at once. */
export class WakeableSleep {
  #isWoken = false;
  #end: (() => void) | null = null;

  async sleep(ms: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isWoken = false;
    this.#end = null;
  }

  wake(): void {
    this.#isWoken = true;
    this.#end?.();
  }
}
