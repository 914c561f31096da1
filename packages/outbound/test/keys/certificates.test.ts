import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_CERTIFICATES } from '@posthorn/core';
import { readAuthorityCertificates, readCertificates } from '@posthorn/core/keys';
import { createAuthority } from '@posthorn/testkit';
import {
  boundedCertificates,
  harmlessCertificate,
  HOSTILE_CERTIFICATES,
} from '@posthorn/testkit/hostile-certificates';

const { ca } = createAuthority();

const isRead = (text: string): boolean => Array.isArray(readCertificates(text));

describe('certificates', () => {
  it('are read, also with text between them', () => {
    const certificates = readCertificates(`One:\n${ca}Another:\n${harmlessCertificate()}`);
    const texts = Array.isArray(certificates) ? certificates.map(String) : [];
    expect(texts).toEqual([ca, expect.stringContaining('BEGIN CERTIFICATE')]);
  });

  it('are refused if there are too many', () => {
    expect(isRead(ca.repeat(MAX_CERTIFICATES))).toBe(true);
    expect(readCertificates(ca.repeat(MAX_CERTIFICATES + 1))).toMatchObject({ code: 'too_many_items' });
  });
});

describe('authorities', () => {
  const folder = path.join(import.meta.dirname, 'fixtures/authorities');

  /** Each file has a root and an intermediate certificate: those of step and cfssl as they write them, the others with their usual extensions. */
  it.each(readdirSync(folder))('as they are usually made are accepted: %s', (file) => {
    expect(readAuthorityCertificates(readFileSync(path.join(folder, file), 'utf8'))).toHaveLength(2);
  });

  it('may have 20 roots, but only 5 certificates of others', () => {
    const root = createAuthority();
    const issued = Array.from({ length: 6 }, (_, index) => root.intermediate(`Issuing CA ${index}`).ca);
    expect(readAuthorityCertificates(root.ca.repeat(15) + issued.slice(1).join(''))).toHaveLength(20);
    expect(readAuthorityCertificates(root.ca + issued.join(''))).toMatchObject({
      code: 'certificates_issued',
    });
  });
});

describe('a hostile certificate', () => {
  it.each(Object.entries(HOSTILE_CERTIFICATES))('is refused: %s', (_name, text) => {
    expect(isRead(text)).toBe(false);
    expect(isRead(ca + text)).toBe(false);
  });

  it.each([
    ['the curve sect571r1', { code: 'certificate_key', params: { number: 2 } }],
    ['51 name constraints', { code: 'certificate_constraints', params: { number: 2, max: 50 } }],
    ['101 alternative names', { code: 'certificate_names', params: { number: 2, max: 100 } }],
    ['51 policies', { code: 'certificate_policies', params: { number: 2, max: 50 } }],
    ['more than 8 KB', { code: 'certificate_size', params: { number: 2, max: 8192 } }],
  ])('is named with its bound: %s', (name, problem) => {
    expect(readCertificates(`${ca}${HOSTILE_CERTIFICATES[name]}`)).toMatchObject(problem);
  });

  it('is accepted within the bounds', () => {
    expect(readCertificates(boundedCertificates())).toHaveLength(3);
  });
});
