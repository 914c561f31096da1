import type { Presentation } from '@posthorn/contract';
import { knownText } from '../i18n/t.js';

/** A row of a table of settings. */
export interface SettingRow extends Presentation {
  default: unknown;
  maxLength?: number;
  maxItems?: number;
}

export type SettingRows = Readonly<Record<string, SettingRow>>;

/** The form has `5m` for 300. */
export const isListOfDelays = ({ kind, unit }: SettingRow): boolean =>
  kind === 'numbers' && unit === 'seconds';

/** Returns a text in the language of the page, or in English if it does not have it. */
const shownText = (text: string): string => knownText(text) ?? text;

/** Returns the texts of a setting. */
export const rowTexts = ({ label, hint }: SettingRow): { label: string; description: string } => ({
  label: shownText(label),
  description: shownText(hint),
});

/** Returns the values of a choice with their labels. */
export const choicesOf = <Value extends string>({
  choices,
}: {
  choices: Readonly<Record<Value, string>>;
}): { value: Value; label: string }[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the row
  (Object.keys(choices) as Value[]).map((value) => ({ value, label: shownText(choices[value]) }));

/** Returns the label of a value of a choice. */
export const choiceLabel = ({ choices = {} }: SettingRow, value: string): string =>
  shownText(choices[value] ?? value);
