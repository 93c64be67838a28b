import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressOf, networkOf } from './address.parse.js';

describe('an address', () => {
  it.each([
    ['203.0.113.1', '203.0.113.1'],
    ['203.0.113.1:4711', '203.0.113.1'],
    ['::ffff:203.0.113.1', '203.0.113.1'],
    ['::FFFF:cb00:7101', '203.0.113.1'],
    ['0:0:0:0:0:ffff:203.0.113.1', '203.0.113.1'],
    ['[::ffff:203.0.113.1]:80', '203.0.113.1'],
    ['64:ff9b::203.0.113.1', '203.0.113.1'],
    ['64:ff9b::cb00:7101', '203.0.113.1'],
    ['64:ff9b:1::203.0.113.1', '64:ff9b:1::cb00:7101'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%eth0]:80', 'fe80::1'],
    ['::1', '::1'],
    ['::', '::'],
  ])('%s is written %s', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });

  it.each([
    '',
    'unknown',
    'localhost',
    '300.1.1.1',
    '1.2.3',
    ':::',
    '2001:db8::1::',
    '1:2:3:4:5:6:7:8:9',
    '[::1',
    '::1]',
    '::g',
    'fe80::1%',
    '1.2.3.4\u2028x',
    '::1\n',
  ])('%j is none', (text) => {
    expect(addressOf(text)).toBeUndefined();
  });

  it.each([
    ['203.0.113.1', '203.0.113.1'],
    ['::1', '::1'],
    ['::2', '::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:0:ffff:ffff:ffff:ffff', '2001:db8::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:db8:1:0:0:0:0:1', '2001:db8:1::/64'],
    ['2001:0:0:1::', '2001:0:0:1::/64'],
    ['fe80::1', 'fe80::/64'],
    ['unknown', 'unknown'],
    ['x:y', 'x:y'],
  ])('%s is one of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  const group = fc.integer({ min: 0, max: 0xffff }).map((bits) => bits.toString(16));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });

  it('has one network with all that share its first 64 bits, and with no other', () => {
    const plain = groups.filter(([first]) => !['0', '64'].includes(first ?? ''));
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        const network = (parts: readonly string[]): string => networkOf(addressOf(parts.join(':'))!);
        const neighbour = [...one.slice(0, 4), ...other.slice(4)];
        expect(network(neighbour)).toBe(network(one));
        expect(network(one) === network(other)).toBe(one.slice(0, 4).join() === other.slice(0, 4).join());
      }),
    );
  });

  it('is the same however it is written', () => {
    fc.assert(
      fc.property(groups, (parts) => {
        const address = addressOf(parts.join(':'))!;
        expect(addressOf(parts.map((part) => part.padStart(4, '0').toUpperCase()).join(':'))).toBe(address);
        expect(addressOf(address)).toBe(address);
      }),
    );
  });
});
