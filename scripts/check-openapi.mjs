// npm run lint:openapi: checks the OpenAPI document with the default rules of Spectral and Redocly. Requires a build.
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
  spectral.setRuleset({ extends: [spectralRulesets.oas] });
  const results = await spectral.run(source);
  return results.map(({ code, message, path }) => `Spectral ${code}: ${path.join('.')}: ${message}`);
}

async function lintWithRedocly() {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source, config });
  return problems
    .filter(
      ({ ruleId, location: [first] }) =>
        ruleId !== 'operation-2xx-response' || !REDIRECTS.test(first?.pointer ?? ''),
    )
    .map(({ ruleId, message, location: [first] }) => `Redocly ${ruleId}: ${first?.pointer}: ${message}`);
}
