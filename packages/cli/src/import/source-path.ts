import { SourceError } from './source-error.js';

/** The path of a document of another product: its segments, some of which are ids. */
export type SourcePath = readonly string[];

/**
 * Returns the path as a part of a URL.
 *
 * @throws SourceError if a segment makes it another path, whose 404 says nothing about the document: URLs lose the segments `.` and `..`,
 * and servers may split a segment at its slashes
 */
export const pathOf = (segments: SourcePath): string =>
  segments.map((segment) => `/${encodeURIComponent(checked(segment))}`).join('');

function checked(segment: string): string {
  if (!/^\.{0,2}$|[/\\\p{Surrogate}]/u.test(segment)) return segment;
  throw new SourceError(`The id "${segment}" cannot be part of a URL, so the product is not asked about it`, {
    failsEveryRequest: false,
  });
}
