// Generates src/generated/api.ts, the types of the API, from the OpenAPI document.
import { mkdir, writeFile } from 'node:fs/promises';
import { openApiDocument } from '@posthorn/contract';
import openapiTypescript, { astToString } from 'openapi-typescript';

const folder = new URL('../src/generated/', import.meta.url);
// A field of a request with a default may be absent.
const types = await openapiTypescript(withoutResponseHeaders(openApiDocument('generated')), {
  defaultNonNullable: false,
});

await mkdir(folder, { recursive: true });
await writeFile(new URL('api.ts', folder), astToString(types));

/** No method returns the headers of a response; their types would be as large as all others. */
function withoutResponseHeaders(document) {
  const copy = structuredClone(document);
  delete copy.components.headers;
  for (const operations of Object.values(copy.paths))
    for (const { responses } of Object.values(operations))
      for (const response of Object.values(responses)) delete response.headers;
  return copy;
}
