/** A JSON Pointer (RFC 6901) to a part of a value, such as `/order/id`. */
export const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;

/** Returns the names and indexes in a JSON Pointer. */
export function pointerPath(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
