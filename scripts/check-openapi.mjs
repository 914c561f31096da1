// npm run lint:openapi: checks the OpenAPI document with the default rules of Spectral and Redocly, and examples and defaults against
// their schemas. Requires a build.
import { openApiDocument } from '@posthorn/contract';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectralCore from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';

/** A browser is redirected there, and never gets a 2xx response. */
const REDIRECTS = /^#\/paths\/~1v1~1sso~1(?:start|callback)\/get\/responses$/;

const source = JSON.stringify(openApiDocument('0.0.0'), null, 2);

const findings = [...(await lintWithSpectral()), ...(await lintWithRedocly())];
for (const finding of findings) console.log(finding);
if (findings.length > 0) {
  console.error(`\n${findings.length} findings in the OpenAPI document`);
  process.exit(1);
}

async function lintWithSpectral() {
  const spectral = new spectralCore.Spectral();
  // It compiles the schema of an example again for each reference to it, which takes 20 s. Redocly checks examples below.
  const rules = { 'oas3-valid-schema-example': 'off', 'oas3-valid-media-example': 'off' };
  spectral.setRuleset({ extends: [spectralRulesets.oas], rules });
  const results = await spectral.run(source);
  return results.map(({ code, message, path }) => `Spectral ${code}: ${path.join('.')}: ${message}`);
}

async function lintWithRedocly() {
  const rules = {
    'no-invalid-schema-examples': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-parameter-examples': 'error',
  };
  const config = await createConfig({ extends: ['recommended'], rules });
  const problems = await lintFromString({ source: JSON.stringify(withDefaultsAsExamples()), config });
  return problems
    .filter(
      ({ ruleId, location: [first] }) =>
        ruleId !== 'operation-2xx-response' || !REDIRECTS.test(first?.pointer ?? ''),
    )
    .map(({ ruleId, message, location: [first] }) => `Redocly ${ruleId}: ${first?.pointer}: ${message}`);
}

/** Redocly checks examples, but not defaults. */
function withDefaultsAsExamples() {
  return JSON.parse(source, (_, value) =>
    typeof value?.type === 'string' && value.default !== undefined
      ? { ...value, examples: [...(value.examples ?? []), value.default] }
      : value,
  );
}
