/** Returns the changed fields of a request body. Omitted fields keep their value, including concurrent changes by others. */
export function changedFields<Body extends object>(body: Body, before: Body): Partial<Body> {
  const old = new Map<string, unknown>(Object.entries(before));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a part of the body
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old.get(name))),
  ) as Partial<Body>;
}
