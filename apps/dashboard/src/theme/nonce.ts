/** The nonce of this answer's content security policy, which styles that are made here must carry. */
export function readNonce(page: Pick<Document, 'querySelector'>): string | undefined {
  const element = page.querySelector<HTMLElement>('meta[property="csp-nonce"]');
  return element?.nonce || undefined;
}
