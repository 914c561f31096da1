import { describe, expect, it } from '@jest/globals';
import { parseOutboundRules } from '../src/index.js';

describe('parseOutboundRules', () => {
  it('allows only https on port 443 by default', () => {
    expect(parseOutboundRules()).toEqual({ allow: [], http: false, ports: [443], privateNetworks: [] });
  });

  it('allows the usual http ports with http, unless ports are given', () => {
    expect(parseOutboundRules({ http: true }).ports).toEqual([443, 80, 8443]);
    expect(parseOutboundRules({ http: true, ports: [8080] }).ports).toEqual([8080]);
    expect(parseOutboundRules({ ports: '*' }).ports).toBe('*');
  });

  it.each(['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'localhost/8', ''])('rejects %j as a CIDR', (cidr) => {
    expect(() => parseOutboundRules({ allow: [cidr] })).toThrow(RangeError);
    expect(() => parseOutboundRules({ privateNetworks: [cidr] })).toThrow(RangeError);
  });

  it.each([0, 65_536, 1.5])('rejects %d as a port', (port) => {
    expect(() => parseOutboundRules({ ports: [port] })).toThrow(RangeError);
  });
});
