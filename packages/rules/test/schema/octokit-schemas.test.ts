import { describe, expect, it } from '@jest/globals';
import examples from '@octokit/webhooks-examples' with { type: 'json' };
import { createSchemaValidator } from '../../src/index.js';
import { octokitEvents, octokitSchema } from './octokit-schemas.js';

/** The actual content of the package, which its types do not describe. 58 of the 66 events have payloads. */
const events = examples as unknown as { name: string; examples: unknown[] }[];

const payloadsOf = (definition: string) =>
  events.find(({ name }) => definition === `${name}$event` || definition === `${name}_event`)?.examples;

describe('the schemas of GitHub events, in draft-07', () => {
  it.each(octokitEvents)('accept a payload of %s and reject others', (definition) => {
    const schema = JSON.stringify(octokitSchema(definition));
    const validate = createSchemaValidator();
    expect(validate(schema, {})).not.toEqual([]);
    // A few payloads of the package are older than its schemas.
    const isAccepted = payloadsOf(definition)?.some((payload) => validate(schema, payload).length === 0);
    expect(isAccepted).not.toBe(false);
  });
});
