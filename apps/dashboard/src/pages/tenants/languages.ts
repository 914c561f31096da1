import { type Language, LANGUAGES } from '../../access/access.js';

const LABELS: Record<Language, string> = {
  en: 'English',
  de: 'German',
  fr: 'French',
  es: 'Spanish',
  ja: 'Japanese',
};

export const languageLabel = (language: Language): string => LABELS[language];

/** The languages as options of a select. */
export const LANGUAGE_OPTIONS = LANGUAGES.map((value) => ({ value, label: LABELS[value] }));

export const isLanguage = (value: string | null): value is Language =>
  LANGUAGES.some((language) => language === value);
