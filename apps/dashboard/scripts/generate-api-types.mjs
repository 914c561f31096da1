// Generates src/generated/api.ts, the API types, from the OpenAPI document.
import { mkdir, writeFile } from 'node:fs/promises';
import { openApiDocument } from '@posthorn/contract';
import openapiTypescript, { astToString } from 'openapi-typescript';

const folder = new URL('../src/generated/', import.meta.url);
// A field of a request with a default may be absent.
const types = await openapiTypescript(openApiDocument('generated'), { defaultNonNullable: false });

await mkdir(folder, { recursive: true });
await writeFile(new URL('api.ts', folder), astToString(types));
