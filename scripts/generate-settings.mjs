// Generates settings.ts in the given folder: the tables of settings as plain data, which needs neither zod nor the contract.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EVENT_TYPE_SETTINGS, TENANT_SETTINGS, WEBHOOK_SETTINGS } from '@posthorn/contract';
import { z } from 'zod';

const plainRows = ({ rows, columns }) =>
  columns.map((name) => {
    const { input, kind, label, hint, unit, choices, default: initial, appliesTo } = rows[name];
    // Without `| null`.
    const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }).anyOf?.[0];
    const limits = { maxLength: schema?.maxLength, maxItems: schema?.maxItems };
    return [name, { kind, label, hint, unit, default: initial, appliesTo, ...limits, choices }];
  });

const tables = Object.entries({ WEBHOOK_SETTINGS, TENANT_SETTINGS, EVENT_TYPE_SETTINGS }).map(
  ([name, table]) =>
    `export const ${name} = ${JSON.stringify(Object.fromEntries(plainRows(table)), null, 2)} as const;\n`,
);

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await writeFile(path.join(folder, 'settings.ts'), tables.join('\n'));
