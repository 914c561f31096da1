// Checks the network policies of the chart, rendered in deploy/helm/rendered with POSTHORN_OUTBOUND_ALLOW.
import { BlockList, isIPv4 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { read } from '../supply-chain/manifests.js';

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  namespaceSelector?: { matchExpressions: [{ values: string[] }] };
}

interface Rule {
  ports?: { port: number; protocol: string }[];
  to: Peer[];
}

interface NetworkPolicy {
  kind: string;
  metadata: { labels: Record<string, string> };
  spec: { policyTypes: string[]; ingress: object[]; egress: Rule[] };
}

const policies = new Map(
  parseAllDocuments(read('deploy/helm/rendered/keda.yaml'))
    .map((document) => document.toJS() as NetworkPolicy)
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ metadata, spec }) => [metadata.labels['app.kubernetes.io/component'] ?? '', spec]),
);

const family = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

function isWithin(address: string, cidrs: readonly string[]): boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits] = cidr.split('/');
    list.addSubnet(network, Number(bits), family(network));
  }
  return list.check(address, family(address));
}

/** Returns whether a role may connect to an address outside of the cluster. */
function mayReach(role: string, address: string, port: number): boolean {
  const rules = policies.get(role)?.egress ?? [];
  return rules
    .filter(({ ports }) => !ports || ports.some((each) => each.port === port))
    .flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []))
    .some(({ cidr, except = [] }) => isWithin(address, [cidr]) && !isWithin(address, except));
}

/** Returns the port and address of each server that a role may reach. */
const reached = (role: string) =>
  policies
    .get(role)
    ?.egress.flatMap(({ ports = [], to }) =>
      ports.flatMap(({ port }) =>
        to.map(({ ipBlock, namespaceSelector }) => [
          port,
          ipBlock?.cidr ?? namespaceSelector?.matchExpressions[0].values.join(','),
        ]),
      ),
    );

const SENDERS = ['api', 'worker'];
const METADATA = ['169.254.169.254', 'fd00:ec2::254'];

describe('the network policies', () => {
  it('restrict ingress and egress of every role', () => {
    expect([...policies.keys()].toSorted()).toEqual(['api', 'migrate', 'producer', 'worker']);
    for (const { policyTypes } of policies.values()) expect(policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it.each(SENDERS)('let the %s reach receivers on the public internet and in allowed networks', (role) => {
    for (const port of [443, 8443]) {
      for (const address of [
        '1.1.1.1',
        '2606:4700::1111',
        '10.30.1.2',
        '10.50.1.2',
        '169.254.1.1',
        'fd12::1',
      ])
        expect({ address, may: mayReach(role, address, port) }).toEqual({ address, may: true });
    }
    expect(mayReach(role, '1.1.1.1', 80)).toBe(false);
  });

  it.each(SENDERS)('let the %s reach the proxy', (role) => {
    expect(mayReach(role, '10.40.0.10', 3128)).toBe(true);
    expect(mayReach(role, '10.40.0.10', 443)).toBe(false);
    expect(mayReach('producer', '10.40.0.10', 3128)).toBe(false);
  });

  it.each(SENDERS)('keep the %s from private networks', (role) => {
    const addresses = [
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '100.100.100.200',
      '168.63.129.16',
      '127.0.0.1',
    ];
    for (const address of [...addresses, '::1', 'fe80::1', '2002:a00:1::1', '64:ff9b::a00:1'])
      expect({ address, may: mayReach(role, address, 443) }).toEqual({ address, may: false });
  });

  it('keep every role from metadata addresses, also in allowed networks', () => {
    for (const role of policies.keys()) {
      for (const address of METADATA) {
        for (const port of [53, 80, 443, 4318, 5432, 6379, 8443])
          expect(mayReach(role, address, port)).toBe(false);
      }
    }
  });

  it('let no other role reach receivers', () => {
    for (const role of ['producer', 'migrate']) expect(mayReach(role, '1.1.1.1', 443)).toBe(false);
  });

  it('name the servers of each role: DNS, PostgreSQL, Redis and the collector', () => {
    const dns = [
      [53, 'kube-system'],
      [53, '169.254.20.10/32'],
    ];
    expect(reached('migrate')).toEqual([...dns, ...dns, [5432, '10.20.0.0/24']]);
    expect(reached('producer')).toEqual([
      ...dns,
      ...dns,
      [5432, '10.20.0.0/24'],
      [6379, 'redis'],
      [6380, 'redis'],
      [4318, 'monitoring'],
    ]);
  });
});
