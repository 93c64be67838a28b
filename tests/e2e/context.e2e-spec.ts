import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SHORT_CHAT, errorOf, postChat } from './support/chat.js';
import { RUNTIME, System } from './support/system.js';

/** The model itself takes 8192 tokens. */
const CATALOG = 'uncatalogued: { contextLength: 256, parallel: 1 }';

interface Answered {
  readonly usage: { readonly prompt_tokens: number };
}

/** A chat about a text of so many words, of one token each, with something to find at its beginning. */
function chatOf(words: number, fields: object = {}): object {
  const content = `The password is blue.${' the'.repeat(words)}`;
  return { ...SHORT_CHAT, messages: [{ role: 'user', content }], ...fields };
}

describe(`prompts that need more than the configured context, on the ${RUNTIME} runtime`, () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({ catalog: CATALOG });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  const loads = (): Promise<number> =>
    system.metric(system.engineUrl, 'llm_model_load_seconds_count', 'outcome="loaded"');

  async function promptTokens(body: object): Promise<number> {
    const response = await postChat(system.gatewayUrl, body);
    const answer = (await response.json()) as Answered;
    expect([response.status, answer]).toEqual([200, expect.anything()]);
    return answer.usage.prompt_tokens;
  }

  it('are answered in full, after the model was loaded larger', async () => {
    const short = await promptTokens(chatOf(100));
    expect(await loads()).toBe(1);
    // Every word counts, so nothing was cut off: neither the beginning nor anything else.
    expect(await promptTokens(chatOf(800))).toBe(short + 700);
    expect(await loads()).toBe(2);
    expect(await system.metricLines(system.engineUrl, 'llm_resident_model_bytes')).toHaveLength(1);
  });

  it('leave the larger model in memory for those that need less', async () => {
    const before = await loads();
    expect(await promptTokens(chatOf(50))).toBeGreaterThan(50);
    expect(await loads()).toBe(before);
  });

  it('are refused with both numbers when the model itself takes no such prompt, before anything is loaded', async () => {
    const before = await loads();
    const { status, code, message } = await errorOf(await postChat(system.gatewayUrl, chatOf(9500)));
    expect([status, code]).toEqual([413, 'context_length_exceeded']);
    expect(message).toMatch(
      /^The prompt has (about )?9\d{3} tokens, but the context of this model is 8192 tokens\. That is all that the model takes: shorten the messages/,
    );
    expect(await loads()).toBe(before);
  });

  it('get the context that options.num_ctx asks for, and a 400 with both numbers above what the model takes', async () => {
    const before = await loads();
    expect(await promptTokens(chatOf(50, { options: { num_ctx: 2048 } }))).toBeGreaterThan(50);
    expect(await loads()).toBe(before + 1);
    const refused = await errorOf(await postChat(system.gatewayUrl, chatOf(50, { options: { num_ctx: 100_000 } })));
    expect(refused).toMatchObject({
      status: 400,
      param: 'options.num_ctx',
      message:
        'options.num_ctx asks for 100000 tokens of context, but this model can have at most 8192. Ask for less, or leave it out.',
    });
  });

  it('are embedded in full', async () => {
    const embed = async (words: number): Promise<number> => {
      const response = await fetch(`${system.gatewayUrl}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'smollm2', input: `The password is blue.${' the'.repeat(words)}` }),
      });
      const answer = (await response.json()) as Answered;
      expect([response.status, answer]).toEqual([200, expect.anything()]);
      return answer.usage.prompt_tokens;
    };
    expect((await embed(500)) - (await embed(100))).toBe(400);
  });
});

describe(`what a model takes, on the ${RUNTIME} runtime`, () => {
  let system: System;
  beforeAll(async () => {
    system = await System.start({
      catalog: 'uncatalogued: { contextLength: 2048, parallel: 1 }',
      // As the Ollama of the tests is set.
      settings: { OLLAMA_NUM_PARALLEL: '2' },
    });
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  it('is told beside what was computed, and both are within 15 % of the memory of its process', async () => {
    expect((await postChat(system.gatewayUrl, chatOf(200))).status).toBe(200);
    const figure = (name: string): Promise<number> => system.metric(system.engineUrl, `llm_model_memory_${name}_bytes`);
    const [predicted, measured] = [await figure('predicted'), await figure('measured')];
    const real = system.modelMemory();
    for (const bytes of [predicted, measured]) {
      expect(bytes / real).toBeGreaterThan(0.85);
      expect(bytes / real).toBeLessThan(1.15);
    }
  });
});
