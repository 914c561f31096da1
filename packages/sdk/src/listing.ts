/** A page of a list, as the API answers it. */
export interface Page<Item> {
  data: Item[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** A list, page after page as they are needed: `for await (const webhook of posthorn.webhooks.list())`. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #readPage: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(readPage: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#readPage = readPage;
  }

  /** Item by item. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for await (const { data } of this.pages()) yield* data;
  }

  /** Page by page: of as many items as `limit` says, 50 by default. */
  async *pages(): AsyncGenerator<Page<Item>, void, void> {
    let page = await this.#readPage(undefined);
    yield page;
    while (page.nextCursor !== null) {
      page = await this.#readPage(page.nextCursor);
      yield page;
    }
  }
}
