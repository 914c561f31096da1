/** The value of `If-Match` and `If-None-Match`: `*`, or entity tags separated by commas (RFC 9110, section 8.8.3). */
export const CONDITION = /^(?:\*|(?:W\/)?"[!#-~]*"(?: *, *(?:W\/)?"[!#-~]*")*)$/;
