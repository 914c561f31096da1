import { type Language, LANGUAGES } from '../../access/access.js';
import { TENANT_SETTINGS } from '../../generated/settings.js';
import { choiceLabel, choicesOf } from '../../settings/setting-row.js';

export const languageLabel = (language: Language): string => choiceLabel(TENANT_SETTINGS.locale, language);

/** The languages as options of a select. */
export const LANGUAGE_OPTIONS = choicesOf(TENANT_SETTINGS.locale);

export const isLanguage = (value: string | null): value is Language =>
  LANGUAGES.some((language) => language === value);
