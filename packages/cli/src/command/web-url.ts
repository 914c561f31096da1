import { parseUrl } from '@posthorn/core';
import { UsageError } from './usage-error.js';

/** Checks the URL of an API. @throws UsageError without the text, which may be a key or contain a password */
export function assertWebUrl(option: string, text: string): void {
  const { protocol = '', username = '', password = '' } = parseUrl(text) ?? {};
  if (!/^https?:$/.test(protocol)) throw new UsageError(`${option} must begin with http:// or https://`);
  if (username !== '' || password !== '')
    throw new UsageError(`${option} must not contain a user name or password`);
}
