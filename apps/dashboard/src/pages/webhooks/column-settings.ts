import type { Webhook } from '../../api/types.js';
import { WEBHOOK_SETTINGS } from '../../generated/settings.js';
import { knownText } from '../../i18n/t.js';

/** A setting of webhooks that has one value, which is not converted. */
export type ColumnSetting = keyof typeof WEBHOOK_SETTINGS;

interface SettingRow {
  kind: 'text' | 'number' | 'numbers' | 'boolean' | 'choice' | 'list' | 'json';
  label: string;
  hint: string;
  unit?: string;
  appliesTo: 'push' | 'all';
  maxLength?: number;
  maxItems?: number;
  choices?: readonly string[];
}

export const SETTING_ROWS: Record<ColumnSetting, SettingRow> = WEBHOOK_SETTINGS;

/** The form has `5m` for 300. */
export const isListOfDelays = ({ kind, unit }: SettingRow): boolean =>
  kind === 'numbers' && unit === 'seconds';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant table
export const COLUMN_SETTINGS = Object.keys(WEBHOOK_SETTINGS) as ColumnSetting[];

/** A webhook that is read with its feed numbers its deliveries in any case. */
const isGeneral = (name: ColumnSetting): boolean =>
  SETTING_ROWS[name].appliesTo === 'all' && name !== 'sequence';

/** The settings that concern requests. */
export const REQUEST_SETTINGS = COLUMN_SETTINGS.filter((name) => !isGeneral(name));

export const GENERAL_SETTINGS = COLUMN_SETTINGS.filter(isGeneral);

/** Returns the settings that a webhook has in its form. */
export const settingsOf = (delivery: Webhook['delivery']): readonly ColumnSetting[] =>
  delivery === 'push' ? COLUMN_SETTINGS : GENERAL_SETTINGS;

/** Returns the texts of a setting in the language of the page, or in English if it does not have them. */
export function settingTexts(name: ColumnSetting): { label: string; description: string } {
  const { label, hint } = SETTING_ROWS[name];
  return { label: knownText(label) ?? label, description: knownText(hint) ?? hint };
}
