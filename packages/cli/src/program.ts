import { Command } from 'commander';
import { addAttention } from './commands/attention.js';
import { addAudit } from './commands/audit.js';
import { addCertificates } from './commands/certificates.js';
import { addCompare } from './commands/compare.js';
import { addCompletion } from './commands/completion.js';
import { addConfiguration } from './commands/configuration.js';
import { addDeliveries } from './commands/deliveries.js';
import { addDoctor } from './commands/doctor.js';
import { addEncryption } from './commands/encryption.js';
import { addErasures } from './commands/erasures.js';
import { addQuarantine } from './commands/quarantine.js';
import { addEventTypes } from './commands/event-types.js';
import { addEvents } from './commands/events.js';
import { addFeed } from './commands/feed.js';
import { addImport } from './commands/import.js';
import { addKeys } from './commands/keys.js';
import { addListen } from './commands/listen.js';
import { addMaintenance } from './commands/maintenance.js';
import { addMigrate } from './commands/migrate.js';
import { addOutbox } from './commands/outbox.js';
import { addNotifications } from './commands/notifications.js';
import { addPortalLinks } from './commands/portal-links.js';
import { addPublish } from './commands/publish.js';
import { addRecord } from './commands/record.js';
import { addRecoveries } from './commands/recoveries.js';
import { addRejected } from './commands/rejected.js';
import { addReplays } from './commands/replays.js';
import { addSearch } from './commands/search.js';
import { addStats } from './commands/stats.js';
import { addTenants } from './commands/tenants.js';
import { addUp } from './commands/up.js';
import { addUsage } from './commands/usage.js';
import { addWebhooks } from './commands/webhooks.js';
import { HELP_COMMAND } from './command/help.js';
import { manifest } from './host/manifest.js';
import { write } from './output/output.js';
import { bold } from './output/style.js';
import { resolveTenantOption, resolveWebhookArgument } from './command/resolve-tenant.js';

/** Returns the CLI, ready to parse its arguments. */
export function createProgram(): Command {
  const program: Command = new Command('posthorn')
    .description('Self-hosted webhook delivery: signed, retried, and logged from start to end.')
    .version(manifest.version, '-v, --version', 'Show the version')
    .helpOption('-h, --help', 'Show help')
    .option('--url <url>', 'URL of the API (env: POSTHORN_URL)')
    .option('--api-key <key>', 'API key, phk_… (env: POSTHORN_API_KEY)')
    .option(
      '--stack <folder>',
      'Data folder of a local stack (default: that of this folder, or the only one that runs)',
    )
    .option('--json', 'Print only JSON on stdout')
    .configureOutput({
      writeOut: (text) => write('stdout', text),
      writeErr: (text) => write('stderr', text),
      // The value of a misspelt option may be a secret.
      outputError: (text, print) => print(text.replace(/^(error: unknown option '[^'=]*)=.*'/s, "$1'")),
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: bold,
      visibleGlobalOptions: (command) => globalOptions(program, command),
    })
    .showHelpAfterError('Run with --help for usage.')
    .addHelpText('after', EPILOGUE)
    .hook('preAction', async (_program, command) => {
      await resolveTenantOption(command);
      await resolveWebhookArgument(command);
    })
    .exitOverride();

  program.commandsGroup('Run Posthorn:');
  addUp(program);
  addMigrate(program);
  addMaintenance(program);
  addEncryption(program);
  addDoctor(program);
  addOutbox(program);
  program.commandsGroup('Develop:');
  addListen(program);
  addPublish(program);
  program.commandsGroup('Operate:');
  addAttention(program);
  addStats(program);
  addNotifications(program);
  addSearch(program);
  addWebhooks(program);
  addEvents(program);
  addDeliveries(program);
  addFeed(program);
  addRecoveries(program);
  addReplays(program);
  addRejected(program);
  program.commandsGroup('Administer:');
  addTenants(program);
  addErasures(program);
  addQuarantine(program);
  addUsage(program);
  addEventTypes(program);
  addCertificates(program);
  addPortalLinks(program);
  addKeys(program);
  addAudit(program);
  addConfiguration(program);
  addImport(program);
  addRecord(program);
  addCompare(program);
  program.commandsGroup('More:').helpCommand(...HELP_COMMAND);
  addCompletion(program);
  return program;
}

/** Returns the options of the program, without those that mean something else in a command. */
const globalOptions = (program: Command, command: Command) =>
  program.options.filter(({ long }) => command.options.every((own) => own.long !== long));

const EPILOGUE = `
The API is taken from --url and --api-key, otherwise from POSTHORN_URL and POSTHORN_API_KEY, otherwise from a local stack
(\`posthorn up\` or \`npm start\`): the one given by --stack, the one in this folder or a parent folder, or the only one running.
--tenant accepts an id (ten_… or ext:…) or a name. Exit codes: 0 success, 1 failure, 2 usage error.

Examples:
  posthorn up                                    Run everything locally, at http://127.0.0.1:8080
  posthorn listen --events 'invoice.*'           Receive events on this machine
  posthorn publish invoice.paid --data '{"id":"in_1"}' --watch
  posthorn deliveries tail --status failed
  posthorn recover --since 15m                   Retry what did not succeed
  posthorn replay wh_… --from 6h --status failed`;
