import { describe, expect, it } from '@jest/globals';
import { MAX_CERTIFICATES } from '@posthorn/core';
import { readCertificates } from '@posthorn/core/keys';
import { createAuthority } from '@posthorn/testkit';
import { harmlessCertificate, HOSTILE_CERTIFICATES } from '@posthorn/testkit/hostile-certificates';

const { ca } = createAuthority();

const isRead = (text: string): boolean => Array.isArray(readCertificates(text));

describe('certificates', () => {
  it('are read, also with text between them', () => {
    const certificates = readCertificates(`One:\n${ca}Another:\n${harmlessCertificate()}`);
    expect(Array.from(certificates, String)).toEqual([ca, expect.stringContaining('BEGIN CERTIFICATE')]);
  });

  it('are refused if there are too many', () => {
    expect(isRead(ca.repeat(MAX_CERTIFICATES))).toBe(true);
    expect(readCertificates(ca.repeat(MAX_CERTIFICATES + 1))).toBe('too_many');
  });
});

describe('a hostile certificate', () => {
  it.each(Object.entries(HOSTILE_CERTIFICATES))('is refused: %s', (_name, text) => {
    expect(isRead(text)).toBe(false);
    expect(isRead(ca + text)).toBe(false);
  });
});
