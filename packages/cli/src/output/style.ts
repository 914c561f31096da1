import { styleText } from 'node:util';
import { host } from '../host/host.js';

type Format = Parameters<typeof styleText>[0];

/** Applies a format if stdout supports colours; respects NO_COLOR and FORCE_COLOR. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: host().stdout });
}

export const bold = (text: string): string => paint('bold', text);
export const dim = (text: string): string => paint('dim', text);

const STATE_COLOURS: Record<string, Format> = {
  active: 'green',
  completed: 'green',
  confirmed: 'green',
  delivered: 'green',
  succeeded: 'green',
  pending: 'cyan',
  retrying: 'cyan',
  running: 'cyan',
  pending_validation: 'yellow',
  dropped: 'yellow',
  suspended: 'yellow',
  cancelled: 'yellow',
  failed: 'red',
  healthy: 'green',
  throttled: 'yellow',
  failing: 'red',
};

/** Colours a status or a reason. */
export function paintState(state: string): string {
  const colour = STATE_COLOURS[state];
  return colour ? paint(colour, state) : state;
}

/** Escapes control and formatting characters in untrusted text, which could manipulate the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

/** Line breaks, the formats of this file, and each other control character except tabs. */
// oxlint-disable-next-line no-control-regex -- formats begin with one
const CONTROLS = /\r?\n|\u001b\[(?:1|2|22|3[1-69])m|[^\P{Cc}\t]/gu;

/**
 * Escapes the control characters in an output, except its line breaks, tabs and formats. In JSON and YAML they occur only in strings, so the
 * values stay the same.
 */
export function withoutControls(output: string): string {
  return output.replaceAll(CONTROLS, (found) =>
    found.length > 1 || found === '\n' ? found : escaped(found),
  );
}

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
