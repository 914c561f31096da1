import { MAX_CERTIFICATES, MAX_PEM_KEY_LENGTH, NO_CONTROL_CHARACTERS } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { timestamp } from '../values/lists.js';
import { text } from '../values/text.js';

/** Maximum length of a client certificate with its intermediate certificates, in characters. */
const MAX_CHAIN_LENGTH = 32_768;
const MAX_CA_LENGTH = 65_536;

/** The upper bounds of RFC 5280 for both names. */
const MAX_NAME_LENGTH = 64;

const certificate = z
  .strictObject({
    subject: z.string(),
    issuer: z.string(),
    serialNumber: z.string().meta({ description: 'Hexadecimal.' }),
    fingerprint256: z.string().meta({ description: 'SHA-256 of the certificate, as `AB:CD:…`.' }),
    notBefore: timestamp,
    notAfter: timestamp,
  })
  .meta({ id: 'Certificate' });

export type CertificateResponse = z.input<typeof certificate>;

const chain = text(MAX_CHAIN_LENGTH)
  .min(1)
  .meta({
    description:
      'The client certificate in PEM, followed by its intermediate certificates, each by the certificate of its issuer. At most ' +
      `${MAX_CERTIFICATES}.`,
    example: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  });

const privateKey = text(MAX_PEM_KEY_LENGTH).min(1).meta({
  description: 'Its private key in PEM, without a passphrase. It is stored encrypted and never returned.',
  example: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
});

const newClientCertificate = z.strictObject({ certificate: chain, privateKey }).meta({
  id: 'NewClientCertificate',
});

const caBundle = text(MAX_CA_LENGTH).min(1);

/** The certificates in a request that sets them. @param otherwise what applies without them */
export const certificateSettings = (otherwise: { client: string; ca: string }) => ({
  clientCertificate: newClientCertificate.nullish().meta({
    description:
      'The client certificate that identifies Posthorn to receivers (mTLS). To the URL that is being validated it is presented only if ' +
      `\`headersApproved\` is true, as custom headers are. Null: ${otherwise.client}.`,
  }),
  caCertificates: caBundle.nullish().meta({
    description:
      `Certificates of authorities in PEM, at most ${MAX_CERTIFICATES}. They replace the public authorities: receivers with a certificate ` +
      `of another authority are not trusted. Null: ${otherwise.ca}.`,
  }),
});

/** The certificates in a response. */
export const certificates = {
  clientCertificate: certificate.nullable().meta({
    description: 'The client certificate. Its private key is never returned. Null for none of its own.',
  }),
  caCertificates: z
    .strictObject({ certificates: z.array(certificate), pem: z.string() })
    .meta({ id: 'CaCertificates' })
    .nullable()
    .meta({
      description: 'The authorities that are trusted in place of the public ones. Null for none of its own.',
    }),
};

export const putClientCertificateBody = z
  .strictObject({ certificate: chain, privateKey: privateKey.optional() })
  .meta({
    id: 'PutClientCertificate',
    description:
      'Without `privateKey`, the certificate must be for the key of the last certificate signing request, or for that of the present ' +
      'client certificate.',
  });

const name = text(MAX_NAME_LENGTH).min(1).regex(NO_CONTROL_CHARACTERS, rule('control_characters'));

export const certificateRequestBody = z
  .strictObject({
    commonName: name.optional().meta({ description: 'The `CN` of the subject. Default: the id.' }),
    organization: name.optional().meta({ description: 'The `O` of the subject. Default: none.' }),
  })
  .meta({ id: 'CreateCertificateRequest' });

export const certificateRequest = z
  .strictObject({
    certificateRequest: z
      .string()
      .meta({ description: 'The certificate signing request (PKCS#10) in PEM, for your authority.' }),
  })
  .meta({ id: 'CertificateRequest' });
