/**
 * The first and the last of these ids, UUIDs in lower case. Partitions are ranges of ids: that a row is in the range tells a plan
 * that was made for any ids which days to visit, and the ids themselves do not.
 */
export function idRange(ids: readonly string[]): [first: string | undefined, last: string | undefined] {
  let [first, last] = [ids[0], ids[0]];
  for (const id of ids) {
    if (first === undefined || id < first) first = id;
    if (last === undefined || id > last) last = id;
  }
  return [first, last];
}
