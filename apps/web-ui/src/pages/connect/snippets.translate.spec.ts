import { describe, expect, it } from '@jest/globals';
import { firstModel } from './models.policy';
import type { Place, Snippet } from './snippet.types';
import { hideKey, snippetGroups } from './snippets.translate';

const KEY = `lla_abcdefghij_${'x'.repeat(43)}`;
const PLACE: Place = { origin: 'https://llm.example.com', key: KEY, model: 'qwen3:30b', question: 'Say hello.' };
const all = (place: Partial<Place> = {}): Snippet[] =>
  snippetGroups({ ...PLACE, ...place }).flatMap(({ snippets }) => snippets);
const codeOf = (id: string, place: Partial<Place> = {}): string =>
  all(place).find((each) => each.id === id)?.code ?? '';

describe('the snippets', () => {
  it('have names of their own', () => {
    const ids = all().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('have the key in all of them, and in none where none is needed', () => {
    const without = ['ollama-command'];
    expect(
      all()
        .filter(({ code }) => !code.includes(KEY))
        .map(({ id }) => id),
    ).toEqual(without);
    for (const { code } of all({ key: undefined })) expect(code).not.toMatch(/Bearer|undefined/);
  });

  it('bring a proxy for the ollama command only where there is a key to add', () => {
    expect(codeOf('ollama-proxy')).toContain("from 'node:https'");
    expect(codeOf('ollama-proxy', { origin: 'http://localhost:3160' })).toContain(
      "import { request } from 'node:http'",
    );
    expect(codeOf('ollama-proxy', { key: undefined })).toBe('');
    expect(codeOf('ollama-command', { key: undefined })).toContain("OLLAMA_HOST='https://llm.example.com'");
  });

  it('quote for a shell what a shell would read', () => {
    const code = codeOf('openai-curl', { question: `What's "$HOME"?` });
    expect(code).toContain(String.raw`"content": "What'\''s \"$HOME\"?"`);
  });

  it('give opencode and Codex settings that can be read, whatever the model and the key are', () => {
    const model = `qwen3's "30b"`;
    const [, settings = ''] = /CONTENT='([^]*)'\nopencode$/.exec(codeOf('opencode', { model })) ?? [];
    expect(JSON.parse(settings.replaceAll(String.raw`'\''`, "'"))).toMatchObject({
      model: `local/${model}`,
      provider: { local: { options: { baseURL: 'https://llm.example.com/v1', apiKey: KEY }, models: { [model]: {} } } },
    });
    expect(codeOf('codex', { model })).toContain(String.raw`codex -m 'qwen3'\''s "30b"'`);
    expect(codeOf('codex')).toContain(
      `{ name = "Local LLM", base_url = "https://llm.example.com/v1", wire_api = "responses", env_key = "LOCAL_LLM_KEY" }`,
    );
  });

  it('quote for Python, JavaScript and JSON what would end a text', () => {
    const code = codeOf('openai-python', { model: 'a"b' });
    expect(code).toContain(String.raw`model="a\"b"`);
    const { mcpServers } = JSON.parse(codeOf('mcp-configuration', { key: 'a"b' })) as {
      mcpServers: { 'local-llm': unknown };
    };
    expect(mcpServers['local-llm']).toEqual({
      type: 'http',
      url: 'https://llm.example.com/mcp',
      headers: { Authorization: 'Bearer a"b' },
    });
  });
});

describe('a hidden key', () => {
  it('shows how a key of ours begins, and nothing of another one', () => {
    expect(hideKey(`a ${KEY} b ${KEY}`, KEY)).toBe('a lla_abcdefghij_•••••••• b lla_abcdefghij_••••••••');
    expect(hideKey('k=secret', 'secret')).toBe('k=••••••••');
    expect(hideKey('k=secret', undefined)).toBe('k=secret');
  });
});

describe('the model of a snippet before one is chosen', () => {
  it('is the first real one, else one that is always answered', () => {
    expect(firstModel(['auto', 'main', 'gemma3', 'small'])).toBe('gemma3');
    expect(firstModel(['auto'])).toBe('auto');
    expect(firstModel([])).toBe('auto');
  });
});
