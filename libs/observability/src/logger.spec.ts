import { describe, expect, it, jest } from '@jest/globals';
import { NestLogger, createLogger, flushLogger, withVisibleCharacters, withoutSecrets, type Logger } from './logger.js';

describe('the logger', () => {
  it('logs from the level it is given', () => {
    const logger = createLogger({ service: 'test', level: 'warn' });
    expect(['debug', 'info', 'warn', 'error'].map((level) => logger.isLevelEnabled(level))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('can be flushed when nothing was written', async () => {
    await expect(flushLogger(createLogger({ service: 'test', level: 'silent' }))).resolves.toBeUndefined();
  });
});

describe('a line of the log', () => {
  const key = `lla_abcdefghi2_${'x-_9'.repeat(11).slice(0, 43)}`;

  it.each([
    [`{"path":"/v1/models/${key}"}`, '{"path":"/v1/models/lla_abcdefghi2_***"}'],
    [`{"a":"${key}","b":"${key}"}`, '{"a":"lla_abcdefghi2_***","b":"lla_abcdefghi2_***"}'],
    [`{"cut":"${key.slice(0, 40)}"}`, '{"cut":"lla_abcdefghi2_***"}'],
    ['{"msg":"hunter-2-hunter"}', '{"msg":"***"}'],
    ['{"msg":"lla_ is no key"}', '{"msg":"lla_ is no key"}'],
  ])('%s is written as %s', (line, written) => {
    expect(withoutSecrets(line, ['hunter-2-hunter'])).toBe(written);
  });
});

describe('what cannot be seen in a line of the log', () => {
  it('is escaped, and read back as what it was', () => {
    const text = 'a\u009b31mb\u2028c\u2029d\u202ee\u200bf\ufeffg\u007fh\u0085i\u2066j é 漢 😀';
    const line = withVisibleCharacters(JSON.stringify({ text }));
    expect(line).toMatch(/^[\x20-\x7eé漢😀]+$/u);
    expect(JSON.parse(line)).toEqual({ text });
  });
});

describe('the messages of Nest', () => {
  const log = { debug: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const nest = new NestLogger(log as unknown as Logger);

  it('are of no interest in the ordinary case', () => {
    nest.log('Mapped {/health, GET} route');
    expect(log.debug.mock.calls).toEqual([['Mapped {/health, GET} route']]);
  });

  it('keep their weight when something is wrong', () => {
    const error = new Error('broken');
    nest.warn('odd');
    nest.error('text');
    nest.error(error);
    expect(log.warn.mock.calls).toEqual([['odd']]);
    expect(log.error.mock.calls).toEqual([
      [{}, 'text'],
      [{ err: error }, 'Error: broken'],
    ]);
  });
});
