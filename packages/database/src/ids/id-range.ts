/**
 * Returns the smallest and largest of the ids, UUIDs in lower case. Partitions are ranges of ids: with `id >= $1 AND id <= $2`
 * a generic plan reads only the partitions of that range; with `id = ANY (…)` alone it would read all.
 */
export function idRange(ids: readonly string[]): [min: string | undefined, max: string | undefined] {
  let [min, max] = [ids[0], ids[0]];
  for (const id of ids) {
    if (min === undefined || id < min) min = id;
    if (max === undefined || id > max) max = id;
  }
  return [min, max];
}
