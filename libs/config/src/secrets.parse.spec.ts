import { describe, expect, it } from '@jest/globals';
import { secretsOf } from './secrets.parse.js';
import { loadSettings } from './settings.load.js';

describe('what must never be written', () => {
  it('is nothing by default', () => {
    expect(secretsOf(loadSettings({}))).toEqual([]);
  });

  it('is every key, token and password, also as JSON and addresses write it', () => {
    const settings = loadSettings({
      ADMIN_KEY: 'admin-"key"-0123456789-abcdef',
      ENGINE_TOKEN: 'token-0123456789-0123456789',
      OPENAI_API_KEY: 'sk-first-0123, sk-second-0123,short',
      DATABASE_URL: 'postgres://user:data%40base-pw@127.0.0.1/db',
      REDIS_URL: 'redis://:redis-password@127.0.0.1',
      OLLAMA_HOST: 'http://user:ollama-password@gpu1:11434,gpu2',
      OPENAI_BASE_URL: 'http://user:pw@127.0.0.1:8080/v1',
    });
    expect(secretsOf(settings)).toEqual([
      'admin-"key"-0123456789-abcdef',
      'admin-\\"key\\"-0123456789-abcdef',
      'token-0123456789-0123456789',
      'sk-first-0123',
      'sk-second-0123',
      'data%40base-pw',
      'data@base-pw',
      'redis-password',
      'ollama-password',
    ]);
  });
});
