import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { components, Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printResult } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import { host, resolvePath } from '../host/host.js';
import { details } from '../output/text.js';
import { cannotRead, UsageError } from '../command/usage-error.js';

type Certificates = Pick<components['schemas']['Webhook'], 'clientCertificate' | 'caCertificates'>;

const OWNER = ['<id>', 'Webhook, wh_…, or tenant, ten_…, for its webhooks without their own'] as const;

/** Certificates and keys are read from files, never from arguments, which other users of the machine can see. */
export function addCertificates(program: Command): void {
  const certificates = addGroup(
    program,
    'certificates',
    'Client certificates (mTLS) and trusted authorities of webhooks and tenants',
  );
  addShow(certificates);
  addRequest(certificates);
  addSet(certificates);
  addTrust(certificates);
  addRemove(certificates);
}

function addShow(certificates: Command): void {
  certificates
    .command('show')
    .description('Show the certificates of a webhook or tenant')
    .argument(...OWNER)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => callsOf(api, id).get(), certificatesText),
    );
}

function addRequest(certificates: Command): void {
  certificates
    .command('request')
    .description(
      'Create a key pair and print a certificate signing request; the private key stays in Posthorn',
    )
    .argument(...OWNER)
    .option('--common-name <name>', 'Common name (CN) of the subject (default: the id)')
    .option('--organization <name>', 'Organization (O) of the subject')
    .addHelpText('after', examples('posthorn certificates request wh_… > client.csr'))
    .action((id: string, flags: components['schemas']['CreateCertificateRequest'], command: Command) =>
      printResult(
        command,
        (api) => callsOf(api, id).request(flags),
        ({ certificateRequest }) => certificateRequest.trimEnd(),
      ),
    );
}

function addSet(certificates: Command): void {
  certificates
    .command('set')
    .description('Set the client certificate: with its private key, or for the last signing request without')
    .argument(...OWNER)
    .requiredOption('--certificate <file>', 'Certificate in PEM, followed by its intermediates; - for stdin')
    .option('--private-key <file>', 'Private key in PEM, without a passphrase; - for stdin')
    .addHelpText(
      'after',
      examples(
        'posthorn certificates set wh_… --certificate client.pem',
        'posthorn certificates set ten_… --certificate client.pem --private-key client.key',
      ),
    )
    .action(async (id: string, flags: { certificate: string; privateKey?: string }, command: Command) => {
      if (flags.certificate === '-' && flags.privateKey === '-')
        throw new UsageError('Only one of --certificate and --private-key can be -');
      const certificate = await readPem('--certificate', flags.certificate);
      const body = {
        certificate,
        ...(flags.privateKey !== undefined && {
          privateKey: await readPem('--private-key', flags.privateKey),
        }),
      };
      await printResult(command, (api) => callsOf(api, id).put(body), certificatesText);
    });
}

function addTrust(certificates: Command): void {
  certificates
    .command('trust')
    .description('Set the authorities that are trusted in place of the public ones')
    .argument(...OWNER)
    .requiredOption('--ca <file>', 'Certificates of authorities in PEM; - for stdin')
    .addHelpText('after', examples('posthorn certificates trust wh_… --ca ca.pem'))
    .action(async (id: string, { ca }: { ca: string }, command: Command) => {
      const caCertificates = await readPem('--ca', ca);
      await printResult(command, (api) => callsOf(api, id).update({ caCertificates }), certificatesText);
    });
}

function addRemove(certificates: Command): void {
  certificates
    .command('remove')
    .description('Remove the client certificate or the trusted authorities')
    .argument(...OWNER)
    .option('--client', 'The client certificate')
    .option('--ca', 'The trusted authorities')
    .action(async (id: string, { client, ca }: { client?: true; ca?: true }, command: Command) => {
      if (!client && !ca) throw new UsageError('Name what to remove: --client, --ca, or both');
      const body = {
        ...(client && { clientCertificate: null }),
        ...(ca && { caCertificates: null }),
      };
      const { api, output } = apiContext(command);
      const changed = await callsOf(api, id).update(body);
      output.result(changed, () => certificatesText(changed));
    });
}

interface Calls {
  get: () => Promise<Certificates>;
  request: (
    body: components['schemas']['CreateCertificateRequest'],
  ) => Promise<components['schemas']['CertificateRequest']>;
  put: (body: components['schemas']['PutClientCertificate']) => Promise<Certificates>;
  update: (body: { clientCertificate?: null; caCertificates?: string | null }) => Promise<Certificates>;
}

/** Returns the calls for the owner of certificates: a tenant or a webhook. */
function callsOf({ tenants, webhooks }: Posthorn, id: string): Calls {
  return id.startsWith('ten_')
    ? {
        get: () => tenants.get(id),
        request: (body) => tenants.requestCertificate(id, body),
        put: (body) => tenants.putCertificate(id, body),
        update: (body) => tenants.update(id, body),
      }
    : {
        get: () => webhooks.get(id),
        request: (body) => webhooks.requestCertificate(id, body),
        put: (body) => webhooks.putCertificate(id, body),
        update: (body) => webhooks.update(id, body),
      };
}

function certificatesText({ clientCertificate, caCertificates }: Certificates): string {
  const authorities = caCertificates?.certificates.map(({ subject, notAfter }) => `${subject} (${notAfter})`);
  return details({
    clientCertificate: clientCertificate?.subject ?? null,
    issuer: clientCertificate?.issuer ?? null,
    fingerprint256: clientCertificate?.fingerprint256 ?? null,
    expires: clientCertificate?.notAfter ?? null,
    authorities: authorities?.join('; ') ?? null,
  });
}

/** @throws UsageError if the file cannot be read */
async function readPem(option: string, file: string): Promise<string> {
  if (file === '-') return text(host().stdin);
  try {
    return await readFile(resolvePath(file), 'utf8');
  } catch (error) {
    throw cannotRead(file, error, option);
  }
}
