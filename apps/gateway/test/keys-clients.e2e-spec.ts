import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { FakeEngine, chatAnswer, wholeChat } from '@local-llm-agent/testing';
import { startGateway, type RunningGateway } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';

const MESSAGES = [{ role: 'user', content: 'hi' }] as const;

describe("the vendors' own clients", () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let url: string;
  let key: string;
  let revoked: string;
  const data = dataFolder();

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { DATA_DIR: data.DATA_DIR, ADMIN_KEY } });
    url = `http://127.0.0.1:${gateway.port}`;
    const admin = new KeysClient(gateway);
    key = (await admin.create({ models: ['gemma3'] })).key;
    const other = await admin.create();
    revoked = other.key;
    await admin.revoke(other.id);
  });
  beforeEach(() => {
    engine.answerWith(chatAnswer(wholeChat({ content: 'hello' })));
  });
  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    data.remove();
  });

  describe('of OpenAI', () => {
    const client = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
    const chat = (apiKey: string, model = 'gemma3'): Promise<OpenAI.ChatCompletion> =>
      client(apiKey).chat.completions.create({ model, messages: [...MESSAGES] });

    it('are let in with a key', async () => {
      expect((await chat(key)).choices[0]?.message.content).toBe('hello');
      expect((await client(key).models.list()).data.map(({ id }) => id)).toEqual(['gemma3']);
    });

    it('know a missing, a revoked and a forbidden one by their own errors', async () => {
      await expect(chat('not-required')).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
      await expect(chat(revoked)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
      await expect(chat(key, 'gpt-oss:20b')).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
      await expect(
        client(revoked)
          .chat.completions.stream({ model: 'gemma3', messages: [...MESSAGES] })
          .done(),
      ).rejects.toMatchObject({ status: 401 });
    });
  });

  describe('of Anthropic', () => {
    const ask = (options: object, model = 'gemma3'): Promise<Anthropic.Message> =>
      new Anthropic({ baseURL: url, maxRetries: 0, ...options }).messages.create({
        model,
        max_tokens: 5,
        messages: [...MESSAGES],
      });

    it('are let in with a key, or with a token', async () => {
      expect((await ask({ apiKey: key, authToken: null })).content).toMatchObject([{ text: 'hello' }]);
      expect((await ask({ apiKey: null, authToken: key })).content).toMatchObject([{ text: 'hello' }]);
    });

    it('know a bad and a forbidden one by their own errors', async () => {
      await expect(ask({ apiKey: revoked, authToken: null })).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
      await expect(ask({ apiKey: key, authToken: null }, 'gpt-oss:20b')).rejects.toBeInstanceOf(
        Anthropic.PermissionDeniedError,
      );
    });
  });

  describe('of Ollama', () => {
    const client = (headers: Record<string, string>): Ollama => new Ollama({ host: url, headers });
    const chat = (headers: Record<string, string>): Promise<{ message: { content: string } }> =>
      client(headers).chat({ model: 'gemma3', messages: [...MESSAGES] });

    it('are let in with a key', async () => {
      expect((await chat(bearer(key))).message.content).toBe('hello');
    });

    it('show what is wrong with a bad one', async () => {
      await expect(chat({})).rejects.toMatchObject({ status_code: 401, error: expect.stringContaining('API key') });
      await expect(chat(bearer(revoked))).rejects.toMatchObject({ error: expect.stringContaining('revoked') });
    });

    it('manage no models with a key of the role inference', async () => {
      await expect(client(bearer(key)).delete({ model: 'gemma3' })).rejects.toMatchObject({ status_code: 403 });
    });
  });

  describe('of MCP', () => {
    const connect = async (headers: Record<string, string>): Promise<string[]> => {
      const client = new Client({ name: 'test', version: '1' });
      const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
      await client.connect(transport);
      const { tools } = await client.listTools();
      await client.close();
      return tools.map(({ name }) => name);
    };

    it('are let in with a key, and refused without', async () => {
      expect(await connect(bearer(key))).toContain('chat');
      await expect(connect({})).rejects.toThrow(/401|API key/);
    });
  });
});
