import { describe, expect, it } from '@jest/globals';
import { parseHosts, parseRuntimes, parseUrls } from './hosts.parse.js';

describe('the addresses of Ollama', () => {
  it.each([
    ['127.0.0.1:11434', 'http://127.0.0.1:11434'],
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['http://ollama:11434', 'http://ollama:11434'],
    ['https://ollama.example', 'https://ollama.example'],
    ['https://me:secret@ollama.example/gpu/', 'https://me:secret@ollama.example/gpu'],
    ['gpu-box', 'http://gpu-box:11434'],
  ])('may be %s', (text, url) => {
    expect(parseHosts(text)).toEqual([{ url, memoryBytes: undefined }]);
  });

  it('may be several, with the memory of each', () => {
    expect(parseHosts('gpu1=48GiB, gpu2:11435 = 1.5G,gpu3')).toEqual([
      { url: 'http://gpu1:11434', memoryBytes: 48 * 2 ** 30 },
      { url: 'http://gpu2:11435', memoryBytes: 1.5 * 2 ** 30 },
      { url: 'http://gpu3:11434', memoryBytes: undefined },
    ]);
  });

  it.each([
    ['gpu1,,gpu2', /comma/],
    ['gpu1,', /comma/],
    ['gpu1,http://gpu1:11434', /twice/],
    ['gpu1=much', /must be a size/],
    ['gpu1=', /size/],
    ['gpu 1', /host:port/],
  ])('are refused when they are %s', (text, message) => {
    expect(() => parseHosts(text)).toThrow(message);
  });

  it('do not show a password when one is given twice', () => {
    expect(() => parseHosts('http://a:secret@gpu1,http://a:secret@gpu1')).toThrow(/^(?!.*secret)/);
  });
});

describe('the runtimes', () => {
  it('are auto, or a list in the order in which they are asked', () => {
    expect(parseRuntimes('auto')).toBe('auto');
    expect(parseRuntimes('openai, ollama')).toEqual(['openai', 'ollama']);
  });

  it.each(['gpu', 'ollama,auto', 'ollama,ollama', ''])('are refused as %j', (text) => {
    expect(() => parseRuntimes(text)).toThrow();
  });
});

describe('the addresses of OpenAI-compatible servers', () => {
  it('are one or several', () => {
    expect(parseUrls('http://a/v1/, https://b/v1')).toEqual(['http://a/v1', 'https://b/v1']);
    expect(() => parseUrls('http://a/v1,b')).toThrow(/http/);
  });
});
