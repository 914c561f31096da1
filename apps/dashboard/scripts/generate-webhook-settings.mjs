// Generates src/generated/webhook-settings.ts, the table of the settings of webhooks as plain data, which needs no zod.
import { mkdir, writeFile } from 'node:fs/promises';
import { WEBHOOK_SETTINGS } from '@posthorn/contract';
import { z } from 'zod';

const rows = WEBHOOK_SETTINGS.columns.map((name) => {
  const { input, shown, kind, label, hint, unit, default: initial, appliesTo } = WEBHOOK_SETTINGS.rows[name];
  // Without `| null`.
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }).anyOf?.[0];
  const limits = { maxLength: schema?.maxLength, maxItems: schema?.maxItems };
  const { options: choices } = shown;
  return [name, { kind, label, hint, unit, default: initial, appliesTo, ...limits, choices }];
});

const folder = new URL('../src/generated/', import.meta.url);

await mkdir(folder, { recursive: true });
await writeFile(
  new URL('webhook-settings.ts', folder),
  `export const WEBHOOK_SETTINGS = ${JSON.stringify(Object.fromEntries(rows), null, 2)} as const;\n`,
);
