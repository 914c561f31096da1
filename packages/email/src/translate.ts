import { createInstance, type TFunction } from 'i18next';
import de from './locales/de.json' with { type: 'json' };
import en from './locales/en.json' with { type: 'json' };
import es from './locales/es.json' with { type: 'json' };
import fr from './locales/fr.json' with { type: 'json' };
import ja from './locales/ja.json' with { type: 'json' };
import { LOCALES, type Locale } from '@posthorn/core';

const TRANSLATIONS = { de, en, es, fr, ja } satisfies Record<Locale, object>;

const instance = createInstance();
void instance.init({
  fallbackLng: 'en',
  supportedLngs: LOCALES,
  resources: Object.fromEntries(
    Object.entries(TRANSLATIONS).map(([locale, translation]) => [locale, { translation }]),
  ),
  // Synchronous: the translations are part of the program.
  initAsync: false,
  interpolation: { escapeValue: false },
});

/** Returns the texts of a language. */
export function translate(locale: Locale): TFunction {
  return instance.getFixedT(locale);
}

/** Returns a language from a setting; English for none. */
export const localeOf = (setting: string | null): Locale =>
  LOCALES.find((locale) => locale === setting) ?? 'en';

const HTML_CHARACTERS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns text for HTML elements and attributes. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => HTML_CHARACTERS[character] ?? '');

/** Returns a time with date and zone. */
export function formatTime(time: Date, { locale, timeZone }: { locale: Locale; timeZone: string }): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'long',
    timeZone,
  }).format(time);
}
