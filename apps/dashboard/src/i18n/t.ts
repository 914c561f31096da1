import { createInstance, type i18n } from 'i18next';
import { createElement, Fragment, type ReactNode } from 'react';
import { type Language, LANGUAGES } from '../access/access.js';
import { access } from '../access/current-access.js';
import type * as MessageTables from '@posthorn/core/message-tables';
import english from './languages/en.json' with { type: 'json' };

/** Texts of a language by the English text. The key of a singular form ends with `_one`. */
type Texts = Record<string, string>;

type Values = Record<string, string | number>;

const I18N = create();

let selectedLocale: string | undefined;

/** Loaded with a language: English needs no keys. */
let tables: typeof MessageTables | undefined;

/** Returns the locale of dates and numbers. Undefined: the locale of the browser. */
export const locale = (): string | undefined => selectedLocale;

function create(): i18n {
  const instance = createInstance();
  void instance.init({
    lng: 'en',
    initAsync: false,
    resources: { en: { translation: english } },
    // The keys are English texts, with any punctuation.
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  return instance;
}

/** Selects the language of all texts. @param overrides other words for English texts, in any language */
async function selectLanguage(language: Language, overrides: Texts): Promise<void> {
  const texts = await TEXTS[language]();
  if (language !== 'en') tables = await import('@posthorn/core/message-tables');
  I18N.addResources(language, 'translation', { ...texts, ...overrides });
  await I18N.changeLanguage(language);
  selectedLocale = navigator.languages.find((tag) => languageOf(tag) === language) ?? language;
  document.documentElement.lang = language;
}

/** Each language is a separate file, which is loaded when it is selected. */
const TEXTS: Record<Language, () => Promise<Texts>> = {
  en: () => Promise.resolve(english),
  de: async () => (await import('./languages/de.json')).default,
  fr: async () => (await import('./languages/fr.json')).default,
  es: async () => (await import('./languages/es.json')).default,
  ja: async () => (await import('./languages/ja.json')).default,
};

/** Returns the first language of the browser that the portal has, or else English. @param tags such as `de-AT` */
export const preferredLanguage = (tags: readonly string[]): Language =>
  tags.map(languageOf).find((language) => language !== undefined) ?? 'en';

const languageOf = (tag: string): Language | undefined =>
  LANGUAGES.find((language) => language === tag.split('-')[0]);

/** Returns a text in the language of the page. @param text in English, with `{{name}}` for values; `count` selects the plural form */
export function t(text: string, values: Values = {}): string {
  return I18N.t(text, { ...values, nest: false });
}

/** Returns whether the page is in English. */
export const isEnglish = (): boolean => I18N.language === 'en';

/** The code of a message of the API, and the values in the message. */
export interface CodedMessage {
  code: string;
  params: Values;
}

/** Returns a message of the API in the language of the page; undefined in English, which the API has, and for an unknown code. */
export function codedText(
  table: keyof typeof MessageTables,
  { code, params }: CodedMessage,
): string | undefined {
  const texts: Texts | undefined = tables?.[table];
  const text = texts?.[code];
  return text === undefined ? undefined : t(text, params);
}

/** Returns a text without values in the language of the page; undefined if it is not known in this language. */
export const knownText = (text: string): string | undefined =>
  isEnglish() || I18N.exists(text) ? t(text) : undefined;

/** Separates values from text. It occurs in neither. */
const MARK = '\u0000';

/** Like `t`, with elements as values. */
export function tNode(text: string, nodes: Record<string, ReactNode>): ReactNode {
  const names = Object.keys(nodes);
  const marked = t(text, Object.fromEntries(names.map((name) => [name, MARK + name + MARK])));
  const parts = marked.split(MARK).map((part, index): ReactNode => (index % 2 === 0 ? part : nodes[part]));
  return createElement(Fragment, null, ...parts);
}

// Modules read their texts when they are loaded, and all of them wait for this one. The dashboard is in English.
if (access.kind === 'portal') {
  const { language, strings } = access.settings;
  await selectLanguage(language ?? preferredLanguage(navigator.languages), strings);
}
