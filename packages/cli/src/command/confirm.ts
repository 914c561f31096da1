import { createInterface } from 'node:readline/promises';
import { host } from '../host/host.js';
import { printable } from '../output/style.js';
import { UsageError } from './usage-error.js';

interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

interface Confirmation {
  yes?: boolean;
  /** The option that confirms it. */
  flag?: string;
}

/**
 * Asks for confirmation of an irreversible action, unless --yes was passed.
 * @throws UsageError if stdin is not a terminal
 */
export async function confirm(
  question: string,
  { yes = false, flag = '--yes' }: Confirmation,
  { input, output }: Terminal = { input: host().stdin, output: host().stderr },
): Promise<boolean> {
  if (yes) return true;
  if (!input.isTTY) throw new UsageError(`Not interactive. Pass ${flag} to confirm.`);
  const prompt = createInterface({ input, output });
  // Ctrl-C and Ctrl-D close the prompt without a reply.
  const closed = new AbortController();
  prompt.once('close', () => closed.abort());
  try {
    const reply = await prompt
      .question(`${printable(question)} [y/N] `, { signal: closed.signal })
      .catch(() => '');
    return /^y(es)?$/i.test(reply.trim());
  } finally {
    prompt.close();
  }
}
