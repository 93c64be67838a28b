import { describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { parseCompletionRequest } from '@local-llm-agent/contracts';
import type { ModelCapabilities } from '../runtime/runtime.contract.js';
import { toCompletionPlan, type CompletionPlan } from './completion-call.translate.js';
import { CompletionEncoder } from './completion.encoder.js';

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

const HEAD = { id: 'cmpl-1', created: 5, model: 'm' };
const USAGE = { promptTokens: 3, completionTokens: 2 };
const TIMINGS = { total_ms: 9, load_ms: 1, prompt_ms: 2, predicted_ms: 3 };
const FINISH = { type: 'finish', reason: 'stop', usage: USAGE } as const;
const token = (text: string): { token: string; logprob: number; bytes: null; top_logprobs: [] } => ({
  token: text,
  logprob: -1,
  bytes: null,
  top_logprobs: [],
});

function plan(fields: object, infill = false, system?: string): CompletionPlan {
  const capabilities: ModelCapabilities = {
    generation: true,
    embedding: true,
    vision: false,
    infill,
    tools: 'none',
    thinking: 'none',
  };
  const body = Buffer.from(JSON.stringify({ model: 'm', prompt: 'a', ...fields }));
  return toCompletionPlan(parseCompletionRequest(body), { defaults: {}, system, capabilities });
}

function encoder(options: Partial<ConstructorParameters<typeof CompletionEncoder>[1]> = {}): CompletionEncoder {
  return new CompletionEncoder(HEAD, {
    includeUsage: false,
    withLogprobs: false,
    withTimings: false,
    prefix: () => '',
    ...options,
  });
}

function chunks(text: string): OpenAI.Completion[] {
  return text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as OpenAI.Completion);
}

describe('a completion on its way to the runtime', () => {
  it('gets 16 tokens unless it says, as at OpenAI', () => {
    expect(plan({}).calls).toHaveLength(1);
    expect(plan({}).calls[0]).toMatchObject({ input: { type: 'text', prompt: 'a', suffix: undefined }, maxTokens: 16 });
  });

  it('answers every prompt n times, prompt by prompt', () => {
    const { calls, sharing } = plan({ prompt: ['a', 'b'], n: 2, seed: 1 });
    expect(sharing).toBe(2);
    expect(calls.map(({ input, sampling }) => [input.type === 'text' && input.prompt, sampling.seed])).toEqual([
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['b', 2],
    ]);
  });

  it.each<[object, unknown[]]>([
    [{ prompt: [1, 2] }, [[1, 2]]],
    [{ prompt: [[1], [2, 3]] }, [[1], [2, 3]]],
  ])('takes tokens: %j', (fields, prompts) => {
    expect(plan(fields).calls.map(({ input }) => input.type === 'text' && input.prompt)).toEqual(prompts);
  });

  it('begins every prompt with what the model is told, but echoes what the client sent', () => {
    const { calls, prefix } = plan({ prompt: ['a', 'b'], echo: true }, false, 'Be kind.');
    expect(calls.map(({ input }) => input.type === 'text' && input.prompt)).toEqual(['Be kind.\n\na', 'Be kind.\n\nb']);
    expect(prefix(0)).toBe('a');
  });

  it('takes no tokens where the model is told something', () => {
    expect(refusal(() => plan({ prompt: [1, 2] }, false, 'Be kind.'))).toMatchObject({ status: 400, param: 'prompt' });
  });

  it('takes a suffix where the model can fill in', () => {
    expect(plan({ suffix: 'z' }, true).calls[0]).toMatchObject({ input: { suffix: 'z' } });
    expect(refusal(() => plan({ suffix: 'z' }))).toMatchObject({ status: 400, param: 'suffix' });
  });

  it('echoes texts only', () => {
    expect(plan({ prompt: ['a', 'b'], n: 2, echo: true }).prefix(2)).toBe('b');
    expect(refusal(() => plan({ prompt: [1], echo: true }))).toMatchObject({ status: 400, param: 'echo' });
  });
});

describe('a completion on its way to the client', () => {
  it('is streamed with its index, its end and [DONE]', () => {
    const encode = encoder({ includeUsage: true });
    const text =
      encode.encode(0, [{ type: 'text', text: 'x' }, FINISH]) +
      encode.encode(1, [{ type: 'text', text: 'y' }, FINISH]) +
      encode.close(USAGE, TIMINGS);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const list = chunks(text);
    expect(
      list.slice(0, 4).map(({ choices: [choice] }) => [choice?.index, choice?.text, choice?.finish_reason]),
    ).toEqual([
      [0, 'x', null],
      [0, '', 'stop'],
      [1, 'y', null],
      [1, '', 'stop'],
    ]);
    expect(list[4]).toEqual({
      ...HEAD,
      object: 'text_completion',
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it('has the prompt before the text when it is echoed, once', () => {
    const encode = encoder({ prefix: () => 'p' });
    const list = chunks(
      encode.encode(0, [{ type: 'text', text: 'x' }]) + encode.encode(0, [{ type: 'text', text: 'y' }]),
    );
    expect(list.map(({ choices: [choice] }) => choice?.text)).toEqual(['p', 'x', 'y']);
  });

  it('has log-probabilities with the places of their tokens, streamed and plain', () => {
    const encode = encoder({ withLogprobs: true });
    const list = chunks(
      encode.encode(0, [
        { type: 'text', text: 'ab', logprobs: [token('a'), token('b')] },
        { type: 'text', text: 'c', logprobs: [token('c')] },
      ]),
    );
    expect(list.map(({ choices: [choice] }) => choice?.logprobs?.text_offset)).toEqual([[0, 1], [2]]);
    const whole = JSON.parse(
      encoder({ withLogprobs: true }).whole(
        [{ text: 'ab', reasoning: '', toolCalls: [], logprobs: [token('a'), token('b')], reason: 'length' }],
        USAGE,
        TIMINGS,
      ),
    ) as OpenAI.Completion;
    expect(whole.choices).toEqual([
      {
        index: 0,
        text: 'ab',
        finish_reason: 'length',
        logprobs: { tokens: ['a', 'b'], token_logprobs: [-1, -1], top_logprobs: [{}, {}], text_offset: [0, 1] },
      },
    ]);
  });
});
