/** Returns the nonce of the content security policy, which styles created at runtime must carry. */
export function readNonce(page: Pick<Document, 'querySelector'>): string | undefined {
  const element = page.querySelector<HTMLElement>('meta[property="csp-nonce"]');
  return element?.nonce || undefined;
}
