import type { SettingRow } from '../src/settings/setting-row.js';

const VALUES = {
  text: 'blue',
  number: 7,
  numbers: [60, 90],
  boolean: true,
  list: ['a', 'b'],
  json: { a: 1 },
};

/** Returns a value of a setting that is not its default. */
export const valueOf = ({ kind, choices = {} }: SettingRow): unknown =>
  kind === 'choice' ? Object.keys(choices)[1] : VALUES[kind];
