import type { Presentation } from '@posthorn/contract';
import { knownText } from '../i18n/t.js';

/** A row of a table of settings. */
export interface SettingRow extends Presentation {
  default: unknown;
  maxLength?: number;
  maxItems?: number;
  choices?: readonly string[];
}

export type SettingRows = Readonly<Record<string, SettingRow>>;

/** The form has `5m` for 300. */
export const isListOfDelays = ({ kind, unit }: SettingRow): boolean =>
  kind === 'numbers' && unit === 'seconds';

/** Returns the texts of a setting in the language of the page, or in English if it does not have them. */
export const rowTexts = ({ label, hint }: SettingRow): { label: string; description: string } => ({
  label: knownText(label) ?? label,
  description: knownText(hint) ?? hint,
});
