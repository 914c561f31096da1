import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FIELD_MESSAGES, REASONS } from '@posthorn/core/message-tables';
import { WEBHOOK_SETTINGS } from '../src/generated/settings.js';
import { LANGUAGES } from '../src/access/access.js';
import type { SettingRow } from '../src/settings/setting-row.js';
import { preferredLanguage, t, tNode } from '../src/i18n/t.js';
import { FAILURE_TEXTS } from './failure-texts.js';

const SOURCES = path.resolve(import.meta.dirname, '../src');
const TRANSLATOR = 'i18n/t.ts';

const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('generated') && file !== TRANSLATOR)
  .map((file) => ({ file, code: readFileSync(path.join(SOURCES, file), 'utf8') }))
  .filter(({ code }) => code.includes('i18n/t.js'));

const CALL = /(?<![\w.])t(?:Node)?\(/g;
const CALL_WITH_TEXT = /(?<![\w.])t(?:Node)?\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/g;

const unquote = (literal: string): string => literal.slice(1, -1).replaceAll(/\\(.)/g, '$1');

/** The settings whose hints only the command line shows. */
const OWN_HINTS = new Set(['description', 'retrySchedule', 'onExhausted']);

const SETTING_TEXTS = Object.entries<SettingRow>(WEBHOOK_SETTINGS).flatMap(
  ([name, { label, hint, choices = {} }]) =>
    Object.values(choices).concat(OWN_HINTS.has(name) ? label : [label, hint]),
);

const keys = [
  ...new Set([
    ...Object.values(FIELD_MESSAGES),
    ...Object.values(REASONS),
    ...FAILURE_TEXTS,
    ...SETTING_TEXTS,
    ...sources.flatMap(({ code }) =>
      Array.from(code.matchAll(CALL_WITH_TEXT), ([, literal = '']) => unquote(literal)),
    ),
  ]),
];

const textsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(SOURCES, `i18n/languages/${language}.json`), 'utf8'));

const singulars = Object.keys(textsOf('en'));

/** Returns the plural forms of a language, such as `one`, `many` and `other` of Spanish. Japanese has one form. */
const pluralForms = (language: string) => new Intl.PluralRules(language).resolvedOptions().pluralCategories;

const placeholdersIn = (text: string): string[] =>
  Array.from(text.matchAll(/\{\{[^}]*\}\}/g), ([placeholder]) => placeholder).toSorted();

it.each(sources)('each text in $file is a literal, so that it can be translated', ({ code }) => {
  expect(Array.from(code.matchAll(CALL_WITH_TEXT))).toHaveLength(Array.from(code.matchAll(CALL)).length);
});

describe.each(LANGUAGES.filter((language) => language !== 'en'))('%s', (language) => {
  const texts = textsOf(language);
  // The key of the form `other` has no suffix.
  const suffixes = pluralForms(language).filter((form) => form !== 'other');
  const forms = [
    ...keys,
    ...suffixes.flatMap((form) => singulars.map((key) => key.replace(/_one$/, `_${form}`))),
  ];

  it('has every text, and no other', () => {
    expect(Object.keys(texts).toSorted()).toEqual(forms.toSorted());
  });

  it('has the placeholders of the English text', () => {
    for (const [key, text] of Object.entries(texts)) {
      // A singular form may spell its number out.
      const isSingular = key.endsWith('_one');
      const [expected, actual] = [placeholdersIn(key), placeholdersIn(text)].map((all) =>
        isSingular ? all.filter((each) => !each.includes('count')) : all,
      );
      expect({ key, placeholders: actual }).toEqual({ key, placeholders: expected });
      expect(text.trim()).not.toBe('');
    }
  });
});

it('each singular form belongs to a text with a count', () => {
  for (const key of singulars) {
    expect(keys).toContain(key.replace(/_one$/, ''));
    expect(key).toMatch(/\{\{count/);
  }
});

describe('a text in English', () => {
  it('has its values, and the plural form of its count', () => {
    expect(t('Copy {{what}}', { what: '<URL>' })).toBe('Copy <URL>');
    expect(t('{{count, number}} deliveries', { count: 1 })).toBe('1 delivery');
    expect(t('{{count, number}} deliveries', { count: 1204 })).toBe('1,204 deliveries');
  });

  it('inserts neither texts nor elements that a value names', () => {
    expect(t('Copy {{what}}', { what: '$t(Copied) {{what}}' })).toBe('Copy $t(Copied) {{what}}');
    expect(tNode('Since {{time}}.', { time: 'noon' })).toMatchObject({
      props: { children: ['Since ', 'noon', '.'] },
    });
  });
});

it.each([
  [['de-AT', 'en'], 'de'],
  [['pt-BR', 'fr'], 'fr'],
  [['pt-BR'], 'en'],
  [[], 'en'],
])('the portal prefers, of the languages %j of a browser, %s', (tags, language) => {
  expect(preferredLanguage(tags)).toBe(language);
});
