import { ERASURE_SEALING_CONTEXT, fieldError, PosthornError, type Sealer } from '@posthorn/core';
import type { ErasureInput } from '@posthorn/database/erasures/prisma';

/** What a receipt has. */
type ReceiptInput = ErasureInput & { coversUntil: Date };

/** Returns the receipt of an erasure: its input, with the digest of the value in its place, sealed. */
export const sealReceipt = (input: ReceiptInput, sealer: Sealer): string =>
  sealer.seal(JSON.stringify(input), ERASURE_SEALING_CONTEXT);

/**
 * Returns the receipt with the time until which the erasure covers everything, which may be later than that of the call. One whose key is
 * lost stays as it is.
 */
export function renewReceipt(receipt: string, coversUntil: Date, sealer: Sealer): string {
  try {
    return sealReceipt({ ...openReceipt(receipt, sealer), coversUntil }, sealer);
  } catch {
    return receipt;
  }
}

/** Returns the input of an erasure. @throws PosthornError if it is no receipt, or was sealed with an unknown key */
export function openReceipt(receipt: string, sealer: Sealer): ReceiptInput {
  try {
    const { coversUntil, ...input } = JSON.parse(sealer.open(receipt, ERASURE_SEALING_CONTEXT));
    return { ...input, coversUntil: new Date(coversUntil) };
  } catch {
    throw new PosthornError('invalid_input', { errors: [fieldError('receipt', 'not_receipt')] });
  }
}
