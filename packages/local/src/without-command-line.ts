/** Variables that only the command line reads. The services refuse unknown ones. */
const COMMAND_LINE_VARIABLES: ReadonlySet<string> = new Set([
  'POSTHORN_URL',
  'POSTHORN_API_KEY',
  'POSTHORN_ROLE',
  'POSTHORN_IMPORT_TOKEN',
]);

/** Returns an environment without the variables that only the command line reads. */
export const withoutCommandLine = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !COMMAND_LINE_VARIABLES.has(name)));
