/** No id of a row is larger. */
export const LAST_ID = `'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`;
