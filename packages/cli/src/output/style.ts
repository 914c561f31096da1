import { styleText } from 'node:util';
import { host } from '../host.js';

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
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === '\n') return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
