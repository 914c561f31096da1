import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../../apps/dashboard/src/i18n/languages');

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'ja'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Returns a text in a language. @param english the key of the dashboard's translations */
export type Say = (english: string, values?: Record<string, string | number>) => string;

const PLACEHOLDER = /\{\{(\w+)[^}]*\}\}/g;

/** A placeholder with escaped braces, and its format. */
const ESCAPED_PLACEHOLDER = /\\\{\\\{\w+([^\\]*)\\\}\\\}/g;

/** Characters that have a meaning in regular expressions. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

const textsOf = (language: Language): Record<string, string> =>
  JSON.parse(readFileSync(path.join(FOLDER, `${language}.json`), 'utf8'));

export function sayIn(language: Language): Say {
  const texts = textsOf(language);
  return (english, values = {}) => {
    const singular = values['count'] === 1 ? texts[`${english}_one`] : undefined;
    const text = singular ?? texts[english] ?? english;
    return text.replaceAll(PLACEHOLDER, (_, name: string) => String(values[name]));
  };
}

/** Returns a pattern for all English texts that have another text in a language, except those of nearly only values. */
export function englishTexts(language: Language): RegExp {
  const keys = Object.entries(textsOf(language))
    .filter(([key, text]) => key !== text && /\w{3}/.test(key.replaceAll(PLACEHOLDER, '')))
    .map(([key]) => key.replaceAll(SPECIAL, String.raw`\$&`).replaceAll(ESCAPED_PLACEHOLDER, valuePattern));
  return new RegExp(`^(?:${keys.join('|')})$`);
}

const valuePattern = (_: string, format: string): string => (format === '' ? '.+' : String.raw`[\d.,]+`);
