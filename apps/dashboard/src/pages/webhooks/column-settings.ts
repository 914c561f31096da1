import type { Webhook } from '../../api/types.js';
import { WEBHOOK_SETTINGS } from '../../generated/settings.js';
import { rowTexts, type SettingRow } from '../../settings/setting-row.js';

/** A setting of webhooks that has one value, which is not converted. */
export type ColumnSetting = keyof typeof WEBHOOK_SETTINGS;

interface WebhookSettingRow extends SettingRow {
  appliesTo: 'push' | 'all';
}

export const SETTING_ROWS: Record<ColumnSetting, WebhookSettingRow> = WEBHOOK_SETTINGS;

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

export const settingTexts = (name: ColumnSetting) => rowTexts(SETTING_ROWS[name]);
