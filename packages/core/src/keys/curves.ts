import { type BaseBlock, ObjectIdentifier } from 'asn1js';

/** An elliptic curve by its object identifier. */
export interface Curve {
  identifier: string;
  /** The length of a private key and of a coordinate. */
  bytes: number;
  /** The number of points. A private key is below it. */
  order: bigint;
}

const P_256: Curve = {
  identifier: '1.2.840.10045.3.1.7',
  bytes: 32,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

const P_384: Curve = {
  identifier: '1.3.132.0.34',
  bytes: 48,
  order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

const P_521: Curve = {
  identifier: '1.3.132.0.35',
  bytes: 66,
  order:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

const CURVES = new Map([P_256, P_384, P_521].map((curve) => [curve.identifier, curve]));

/** Returns the curve that an element names. Returns undefined for other curves, and for one that is given by its parameters. */
export const curveOf = (element: BaseBlock | undefined): Curve | undefined =>
  CURVES.get(identifierOf(element));

/** Returns an object identifier in dot notation, '' for another element. */
export const identifierOf = (element: BaseBlock | undefined): string =>
  element instanceof ObjectIdentifier ? element.getValue() : '';

/** The object identifiers of algorithms (RFC 8017, 5480 and 8410). */
export const RSA = '1.2.840.113549.1.1.1';
export const RSA_PSS = '1.2.840.113549.1.1.10';
export const EC = '1.2.840.10045.2.1';
export const ED25519 = '1.3.101.112';
export const ED448 = '1.3.101.113';
