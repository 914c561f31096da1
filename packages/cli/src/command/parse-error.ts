import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/**
 * Returns why a text cannot be parsed. Contains nothing of the text, which may have secrets: the messages of parsers of JSON, YAML and CSV
 * quote the text around the error.
 */
export function parseErrorReason(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (error instanceof InvalidArgumentError) return error.message;
  if (error instanceof SyntaxError) return `not valid JSON${placeOf(error)}`;
  return error instanceof Error ? `cannot be parsed${codeOf(error)}${placeOf(error)}` : 'cannot be parsed';
}

/** The errors of YAML and CSV have codes such as `BAD_INDENT`. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}

function placeOf(error: Error): string {
  if ('lines' in error) return ` in line ${String(error.lines)}`;
  const [place] = /\bat (?:position|line) \d+(?:, column \d+)?/.exec(error.message) ?? [];
  return place === undefined ? '' : ` ${place}`;
}
