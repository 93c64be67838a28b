import { describe, expect, it } from '@jest/globals';
import { SettingsError, loadSettings } from './settings.load.js';
import {
  parseBoolean,
  parseBytes,
  parsePorts,
  parsePostgresUrl,
  parseRedisUrl,
  parseSecret,
} from './settings.parse.js';

describe('settings', () => {
  it.each([
    ['512MiB', 512 * 2 ** 20],
    ['16 GB', 16e9],
    ['1.5G', 1.5 * 2 ** 30],
    ['1024', 1024],
    ['', undefined],
  ])('reads the size %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['16 XB', '-1', 'much'])('refuses the size %s', (text) => {
    expect(() => parseBytes(text)).toThrow(/must be a size/);
  });

  it('reads ports and refuses the same one twice', () => {
    expect(parsePorts('3160, 8000')).toEqual([3160, 8000]);
    expect(() => parsePorts('3160,3160')).toThrow(/twice/);
    expect(() => parsePorts('3160,x')).toThrow(/ports/);
  });

  it('reads the address of Redis, and never shows its password', () => {
    expect(parseRedisUrl('')).toBeUndefined();
    expect(parseRedisUrl('rediss://:secret@cache:6380/2')).toBe('rediss://:secret@cache:6380/2');
    expect(() => loadSettings({ REDIS_URL: 'http://:secret@cache' })).toThrow(
      /REDIS_URL must be .*'http:\/\/\*{3}@cache'/,
    );
  });

  it('reads the address of Postgres, and never shows its password', () => {
    expect(parsePostgresUrl('')).toBeUndefined();
    expect(parsePostgresUrl('postgresql://a:secret@db/x')).toBe('postgresql://a:secret@db/x');
    expect(() => loadSettings({ DATABASE_URL: 'mysql://a:secret@db/x' })).toThrow(
      /DATABASE_URL must be .*'mysql:\/\/\*{3}@db\/x'/,
    );
  });

  it('reads a secret that cannot be guessed, and never shows it', () => {
    expect(parseSecret('')).toBeUndefined();
    expect(parseSecret('a'.repeat(24))).toBe('a'.repeat(24));
    expect(() => loadSettings({ ADMIN_KEY: 'hunter2' })).toThrow(/ADMIN_KEY must have at least 24 .*'\*{3}'/);
    expect(() => parseSecret(`${'a'.repeat(24)} b`)).toThrow('without spaces');
  });

  it('reads switches', () => {
    expect([parseBoolean('on'), parseBoolean('0')]).toEqual([true, false]);
    expect(() => parseBoolean('maybe')).toThrow('on or off');
  });

  it('takes defaults for what is missing or empty', () => {
    const settings = loadSettings({ HOST: '', LOG_LEVEL: ' debug ' });
    expect(settings.HOST).toBe('127.0.0.1');
    expect(settings.LOG_LEVEL).toBe('debug');
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('lists every problem at once', () => {
    const read = (): unknown => loadSettings({ ENGINE_PORT: '0', RUNTIMES: 'gpu', RATE_LIMITS: 'perhaps' });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(/ENGINE_PORT[^]*RUNTIMES[^]*RATE_LIMITS/);
  });
});
