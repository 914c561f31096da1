/** One page of a list. */
export interface Page<Item> {
  data: Item[];
  /** Cursor of the next page; null on the last page. */
  nextCursor: string | null;
}

/** A list that fetches its pages on demand: `for await (const webhook of posthorn.webhooks.list())`. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #readPage: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(readPage: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#readPage = readPage;
  }

  /** Iterates over all items. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const { data } of this.pages()) yield* data;
  }

  /** Iterates page by page. `limit` sets the page size: 1 to 200, default 50. */
  async *pages(): AsyncGenerator<Page<Item>, void, void> {
    let page = await this.#readPage(undefined);
    yield page;
    while (page.nextCursor !== null) {
      page = await this.#readPage(page.nextCursor);
      yield page;
    }
  }
}
