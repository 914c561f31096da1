import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Coloured where stdout shows colours, which NO_COLOR and FORCE_COLOR decide, too. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
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
};

/** A status or a reason, in its colour if it has one. */
export function paintState(state: string): string {
  const colour = STATE_COLOURS[state];
  return colour ? paint(colour, state) : state;
}

/** What others wrote, without what would move the cursor, change colours or turn the direction of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => {
    if (character === '\n') return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
