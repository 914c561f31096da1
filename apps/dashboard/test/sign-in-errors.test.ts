import { describe, expect, it } from '@jest/globals';
import { SIGN_IN_ERRORS as CODES_OF_API } from '@posthorn/contract';
import { signInErrorText } from '../src/shell/sign-in/sign-in-error-text.js';
import { SIGN_IN_ERRORS } from '../src/shell/sign-in/sign-in-errors.js';

describe('the errors of single sign-on', () => {
  it('are those that the API redirects with', () => {
    expect(SIGN_IN_ERRORS).toEqual(CODES_OF_API);
  });

  it('have a text each', () => {
    const texts = SIGN_IN_ERRORS.map((error) =>
      signInErrorText(error, { provider: 'Acme ID', acceptsKeys: true }),
    );
    expect(new Set(texts.map(({ title }) => title)).size).toBe(SIGN_IN_ERRORS.length);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(SIGN_IN_ERRORS.length);
  });

  it('offer an API key only if keys can sign in', () => {
    const [withKeys, without] = [true, false].map((acceptsKeys) =>
      signInErrorText('sso_unavailable', { provider: 'Acme ID', acceptsKeys }),
    );
    expect(withKeys?.text).toContain('API key');
    expect(without?.text).not.toContain('API key');
  });
});
