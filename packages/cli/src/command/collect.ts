/** Returns the items of a list, or the first `count`. */
export async function collect<Item>(list: AsyncIterable<Item>, count = Infinity): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}
