import { createInterface } from 'node:readline/promises';
import { UsageError } from './usage-error.js';

interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

/**
 * Asks before what cannot be undone, unless --yes was said.
 * @throws UsageError when there is nobody to ask
 */
export async function confirm(
  question: string,
  { yes = false }: { yes?: boolean },
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (yes) return true;
  if (!input.isTTY) throw new UsageError('there is no terminal to ask on: say --yes');
  const prompt = createInterface({ input, output });
  // Ctrl-C and Ctrl-D close it, and leave the question open.
  const closed = new AbortController();
  prompt.once('close', () => closed.abort());
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: closed.signal }).catch(() => '');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
