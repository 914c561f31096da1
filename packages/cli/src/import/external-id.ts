/**
 * Returns the external id for an id of another product: the same, with percent-encoding for what external ids cannot contain. Different ids
 * stay different, because `%` is encoded, too.
 */
export const toExternalId = (id: string): string =>
  id.replaceAll(/[^!-$&-~]/gu, (character) => encodeURIComponent(Buffer.from(character).toString()));

/** Returns the id of the other product for an external id: see `toExternalId`. One that was not made of an id stays as it is. */
export function fromExternalId(externalId: string): string {
  try {
    return decodeURIComponent(externalId);
  } catch {
    return externalId;
  }
}

/** Returns a note if the external id differs from the id. */
export const idNotes = (id: string): string[] => {
  const externalId = toExternalId(id);
  return externalId === id ? [] : [`its external id is ${externalId}`];
};
