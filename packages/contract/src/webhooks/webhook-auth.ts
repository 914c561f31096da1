import { CLIENT_AUTHENTICATIONS, NO_CONTROL_CHARACTERS, TOKEN_FAILURE_CODES } from '@posthorn/core';
import { z } from 'zod';
import { issueMessage, rule } from '../values/rule.js';
import { text } from '../values/text.js';
import { FORMAT_HEADER_NAME, headerProblem, MAX_HEADER_VALUE_LENGTH } from './webhook-headers.js';

const MAX_USERNAME = 255;
const MAX_SECRET = 1024;
const MAX_CLIENT_ID = 512;
const MAX_SCOPES = 50;
const MAX_SCOPE = 256;

const SECRET = 'It is stored encrypted, and no response contains it.';

/** A text that a header or a form can have. */
const printable = (max: number) =>
  text(max)
    .min(1)
    .regex(NO_CONTROL_CHARACTERS, rule('control_characters'))
    .meta({ pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]*$` });

const secretText = printable(MAX_SECRET);

/** RFC 7617: a user name has no colon. */
const username = text(MAX_USERNAME)
  .regex(/^[^:\p{Cc}]+$/u, rule('not_basic_username', { max: MAX_USERNAME }))
  .meta({ pattern: String.raw`^[^:\u0000-\u001f\u007f-\u009f]+$` });

const headerName = z
  .string()
  .regex(FORMAT_HEADER_NAME, rule('not_header_name'))
  .superRefine((name, context) => {
    const problem = headerProblem(name, '');
    if (problem?.code === 'reserved_header') context.addIssue(issueMessage(problem));
  });

const headerValue = z
  .string()
  .min(1)
  .max(MAX_HEADER_VALUE_LENGTH)
  .regex(/^[!-~](?:[ -~]*[!-~])?$/, rule('not_trimmed'));

/** RFC 6749, section 3.3. */
const scope = z
  .string()
  .max(MAX_SCOPE)
  .regex(/^[!#-[\]-~]+$/, rule('not_scope', { max: MAX_SCOPE }));

const clientAuthentication = z.enum(CLIENT_AUTHENTICATIONS).meta({
  id: 'ClientAuthentication',
  description:
    'How the token endpoint gets client id and secret: `client_secret_basic`, in the header `Authorization`; `client_secret_post`, in ' +
    'the body.',
});

const clientId = printable(MAX_CLIENT_ID);
const audience = printable(2048);

const tokenUrl = text(2048).min(1).meta({
  format: 'uri',
  description: 'The token endpoint. It must be an allowed destination, like the URL of a webhook.',
  example: 'https://login.example.com/realms/hooks/protocol/openid-connect/token',
});

const TYPES = 'basic, apiKey, oauth2';

/** What is not secret of each type. */
const SHOWN = {
  basic: { type: z.literal('basic'), username },
  apiKey: { type: z.literal('apiKey'), header: headerName },
  oauth2: {
    type: z.literal('oauth2'),
    tokenUrl,
    clientId,
    scopes: z.array(scope).max(MAX_SCOPES),
    audience: audience.nullable(),
    clientAuthentication,
  },
};

const basic = z.strictObject({ ...SHOWN.basic, password: secretText.meta({ description: SECRET }) }).meta({
  id: 'BasicAuthentication',
  description: 'HTTP Basic authentication: the header `Authorization: Basic …`.',
});

const apiKey = z
  .strictObject({
    ...SHOWN.apiKey,
    header: headerName.meta({ example: 'X-Api-Key' }),
    value: headerValue.meta({ description: SECRET }),
  })
  .meta({ id: 'ApiKeyAuthentication', description: 'A key in a header.' });

const oauth2 = z
  .strictObject({
    ...SHOWN.oauth2,
    clientSecret: secretText.meta({ description: SECRET }),
    scopes: SHOWN.oauth2.scopes.default([]).meta({ description: 'Default: none is requested.' }),
    audience: SHOWN.oauth2.audience.default(null).meta({
      description: 'The parameter `audience` of the request, which some servers need. Default: none.',
    }),
    clientAuthentication: clientAuthentication
      .default('client_secret_basic')
      .meta({ description: 'Default: `client_secret_basic`.' }),
  })
  .meta({
    id: 'OAuth2Authentication',
    description:
      'OAuth 2.0 with client credentials: Posthorn gets an access token from the token endpoint, uses it until shortly before it ' +
      'expires, in the header `Authorization: Bearer …`, and gets another one after a 401.',
  });

/** The authentication of a webhook at its receiver, in requests. */
export const webhookAuth = z
  .discriminatedUnion('type', [basic, apiKey, oauth2], {
    error: ({ code }) => (code === 'invalid_union' ? rule('one_of', { choices: TYPES }) : undefined),
  })
  .meta({
    id: 'WebhookAuthInput',
    description:
      'How requests authenticate themselves at the receiver. It is replaced as a whole, and is not sent to a URL that is not validated ' +
      'unless `headersApproved` is true, like custom headers. Its header must not be among `headers`, nor `Authorization`.',
    example: { type: 'basic', username: 'posthorn', password: 'correct horse battery staple' },
  });

/** The authentication of a webhook in responses, without its secret. */
export const shownAuth = z
  .discriminatedUnion('type', [
    z.strictObject(SHOWN.basic).meta({ id: 'ShownBasicAuthentication' }),
    z.strictObject(SHOWN.apiKey).meta({ id: 'ShownApiKeyAuthentication' }),
    z.strictObject(SHOWN.oauth2).meta({ id: 'ShownOAuth2Authentication' }),
  ])
  .meta({ id: 'WebhookAuth' });

export const testedAuthentication = z
  .strictObject({
    succeeded: z.boolean(),
    error: z
      .strictObject({
        code: z.enum(TOKEN_FAILURE_CODES).meta({ id: 'TokenFailureCode' }),
        message: z.string(),
      })
      .meta({ id: 'TokenFailure' })
      .nullable()
      .meta({ description: 'Null if the token endpoint issued an access token.' }),
  })
  .meta({ id: 'TestedAuthentication' });
