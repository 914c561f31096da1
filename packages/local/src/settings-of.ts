import { withSecretFiles } from '@posthorn/runtime/config';
import { withoutEmpty } from './without-empty.js';

/**
 * Returns the settings from the environment: those that are set, with the content of the files of secrets.
 * @throws ConfigError for a file that cannot be used
 */
export const settingsOf = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => withSecretFiles(withoutEmpty(env));
