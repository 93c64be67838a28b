import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  AnswerEvent,
  AnswerFormat,
  ChatInput,
  GenerationCall,
  LoadPlan,
  PlainMessage,
  Runtime,
  Tool,
} from '../../apps/inference-engine/src/runtime/runtime.contract.js';
import { OllamaRuntime } from '../../apps/inference-engine/src/runtime/ollama/ollama.runtime.js';
import { chatCall } from './support/generation-call.js';
import { Ollama } from './support/ollama.js';
import { ENFORCED, REFUSED, schemaCheck } from './support/ollama-schemas.js';

const NEVER = new AbortController().signal;
const TIMEOUT_MS = 600_000;
const { TEST_OLLAMA_BIN: binary, TEST_MODEL_GGUF: weights } = process.env;
const CONTEXT = 1024;
const planOf = (name: string): LoadPlan => ({ name, contextLength: CONTEXT, slots: 2 });
const PLAN = planOf('smollm2');
const user = (content: string): PlainMessage => ({ role: 'user', content });

const TURN = '<|im_start|>assistant\n';
const TEMPLATES = {
  tools: `{{- if .Tools }}<|im_start|>system
You may call these functions: {{ .Tools }}<|im_end|>
{{ end }}{{- range .Messages }}<|im_start|>{{ .Role }}{{ if .ToolName }} {{ .ToolName }}{{ end }}
{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}{{ else }}{{ .Content }}{{ end }}<|im_end|>
{{ end }}${TURN}`,
  thinks: `{{- range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>
{{ end }}{{ .Content }}<|im_end|>
{{ end }}${TURN}{{ if .Think }}<think>{{ end }}`,
  fills: `{{- if .Suffix }}{{ .Prompt }} ... {{ .Suffix }}{{ else }}{{ .Prompt }}{{ end }}`,
};
/** Schemas whose answers have no end that a small model must come to. */
const MAY_GO_ON = [
  'a text of up to the longest length',
  'a list of up to the largest count',
  'a tree',
  'a list of itself',
  'a map',
  'a pattern without anchors',
];
const WEATHER: Tool = {
  name: 'get_weather',
  description: 'Tells the weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
/** Makes a small model write a call. */
const CALL_SCHEMA = {
  type: 'object',
  properties: {
    name: { const: 'get_weather' },
    arguments: { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'] },
  },
  required: ['name', 'arguments'],
};

function schemaFormat(schema: Readonly<Record<string, unknown>>): AnswerFormat {
  return { type: 'schema', schema, path: 'schema' };
}

interface Heard {
  readonly text: string;
  readonly reasoning: string;
  readonly events: readonly AnswerEvent[];
  readonly finish: Extract<AnswerEvent, { type: 'finish' }>;
}

if (!binary || !weights) {
  it.skip('is left out: a real Ollama is met in npm run test:ollama', () => undefined);
} else {
  describe('answers of a real Ollama', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-ollama-'));
    let server: Ollama;
    let runtime: Runtime;

    async function hear(call: GenerationCall): Promise<Heard> {
      const refusal = runtime.refusal(call);
      if (refusal) throw refusal;
      const events: AnswerEvent[] = [];
      for await (const batch of runtime.generate(call, NEVER)) events.push(...batch);
      const finish = events.at(-1);
      if (finish?.type !== 'finish') throw new Error('The answer has no end.');
      const joined = (type: 'text' | 'reasoning'): string =>
        events.map((event) => (event.type === type ? event.text : '')).join('');
      return { events, finish, text: joined('text'), reasoning: joined('reasoning') };
    }

    async function ask(route: string, body: object): Promise<Record<string, unknown>> {
      const response = await fetch(server.url + route, { method: 'POST', body: JSON.stringify(body) });
      return (await response.json()) as Record<string, unknown>;
    }

    beforeAll(async () => {
      server = await Ollama.start(folder, new Map([['smollm2', weights]]));
      for (const [name, template] of Object.entries(TEMPLATES))
        server.create(name, `FROM ${weights}\nTEMPLATE """${template}"""`);
      server.create('parsed', `FROM ${weights}\nRENDERER qwen3-vl-thinking\nPARSER qwen3-vl-thinking`);
      runtime = new OllamaRuntime({ baseUrl: server.url, threads: 1, log: { info: () => undefined } });
      await runtime.load(PLAN, NEVER);
    }, TIMEOUT_MS);
    afterAll(async () => {
      await runtime.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }, TIMEOUT_MS);

    describe('in a format', () => {
      it.each(Object.entries(ENFORCED))(
        'fit the schema: %s',
        async (name, schema) => {
          const fits = schemaCheck(schema);
          let whole = 0;
          for (let seed = 1; seed <= 3; seed += 1) {
            const call = chatCall(PLAN, [user('Invent something.')], { temperature: 1, seed, maxTokens: 200 });
            const { text, finish } = await hear({ ...call, format: schemaFormat(schema) });
            // Cut off by max_tokens, an answer is not whole, and says so.
            if (finish.reason === 'length') continue;
            whole += 1;
            expect([text, fits(JSON.parse(text))]).toEqual([text, true]);
          }
          expect(whole).toBeGreaterThan(MAY_GO_ON.includes(name) ? -1 : 0);
        },
        TIMEOUT_MS,
      );

      it.each(REFUSED)('are refused where a schema would not be enforced: %j', (schema, param) => {
        const call = { ...chatCall(PLAN, [user('Hi')]), format: schemaFormat(schema) };
        expect(runtime.refusal(call)).toMatchObject({ status: 400, code: 'invalid_request', param });
      });

      it(
        'are objects',
        async () => {
          for (let seed = 1; seed <= 5; seed += 1) {
            const call = chatCall(PLAN, [user('Describe a cat in JSON.')], { temperature: 1, seed, maxTokens: 150 });
            const { text, finish } = await hear({ ...call, format: { type: 'json' } });
            if (finish.reason === 'stop') expect(JSON.parse(text)).toEqual(expect.any(Object));
            else expect(text.trimStart().startsWith('{')).toBe(true);
          }
        },
        TIMEOUT_MS,
      );

      it.each([true, false])(
        'end with length where the model repeats itself for ever (stream: %s)',
        async (stream) => {
          const call = chatCall(PLAN, [user('Laugh.')], { stream, maxTokens: 200 });
          const { text, finish } = await hear({
            ...call,
            format: schemaFormat({ type: 'string', pattern: '^( ha){150}$' }),
          });
          expect(text).toMatch(/^"( ha){20,}$/);
          expect(finish.reason).toBe('length');
          expect(finish.usage.promptTokens).toBeGreaterThan(5);
          expect(Math.abs(finish.usage.completionTokens - 32)).toBeLessThan(4);
        },
        TIMEOUT_MS,
      );
    });

    it(
      'have the log-probabilities that Ollama gives, and their tokens are the text',
      async () => {
        for (const content of ['Name three colours.', 'Repeat after me: 😀🦄 漢字 😀🦄 漢字 😀🦄']) {
          for (const stream of [true, false]) {
            const call = chatCall(PLAN, [user(content)], { maxTokens: 24, logprobs: 2, seed: 1, stream });
            const { text, events } = await hear(call);
            const tokens = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
            expect(tokens.map(({ token }) => token).join('')).toBe(text);
            expect(Buffer.from(tokens.flatMap(({ bytes }) => bytes ?? [])).toString('utf8')).toBe(text);
            const own = await ask('/api/chat', {
              model: 'smollm2',
              messages: [{ role: 'user', content }],
              stream: false,
              logprobs: true,
              top_logprobs: 2,
              options: {
                num_ctx: CONTEXT,
                num_thread: 1,
                temperature: 0,
                top_p: 1,
                num_predict: 24,
                seed: 1,
                repeat_penalty: 1,
              },
            });
            const theirs = own['logprobs'] as { logprob: number; top_logprobs: { logprob: number }[] }[];
            for (const [index, token] of tokens.entries()) {
              expect(Math.abs(token.logprob - (theirs[index]?.logprob ?? 9))).toBeLessThan(1e-3);
              expect(token.top_logprobs).toHaveLength(2);
            }
          }
        }
      },
      TIMEOUT_MS,
    );

    it(
      'have tokens that end where a stop text begins',
      async () => {
        const call = chatCall(PLAN, [user('Name three colours.')], { maxTokens: 24, logprobs: 0, stop: ['lue'] });
        const { text, events } = await hear(call);
        const tokens = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
        expect(text.length).toBeGreaterThan(3);
        expect(tokens.map(({ token }) => token).join('')).toBe(text);
        expect(tokens[0]?.top_logprobs).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'go on with a text as it is',
      async () => {
        const call: GenerationCall = {
          ...chatCall(PLAN, [], { maxTokens: 5 }),
          input: { type: 'text', prompt: 'Once upon a', suffix: undefined },
        };
        const { text, finish } = await hear(call);
        expect(text).toMatch(/^ time/);
        expect(finish).toMatchObject({ reason: 'length', usage: { promptTokens: 3, completionTokens: 5 } });
        const long = { ...call, input: { type: 'text' as const, prompt: 'one two '.repeat(1000), suffix: undefined } };
        const error = await hear(long).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          status: 413,
          param: 'prompt',
          message: expect.stringMatching(/about (19|20)\d\d/),
        });
      },
      TIMEOUT_MS,
    );

    it(
      'are counted and embedded without another load, also in turns with chats',
      async () => {
        const before = server.loads;
        expect(before).toBeGreaterThan(0);
        const chats: readonly (readonly PlainMessage[])[] = [
          [user('Hi')],
          [{ role: 'system', content: 'Be kind.' }, user('Tell me about whales, please.')],
          [user('One'), { role: 'assistant', content: 'Two' }, user('Größe, 漢字 and 😀')],
          [user('The quick brown fox jumps over the lazy dog. '.repeat(60))],
        ];
        for (const messages of chats) {
          const call = chatCall(PLAN, messages, { maxTokens: 1 });
          const { tokens, exact } = await runtime.countTokens({ plan: PLAN, input: call.input as ChatInput }, NEVER);
          const truth = (await hear(call)).finish.usage.promptTokens;
          expect(exact).toBe(false);
          expect(Math.abs(tokens - truth)).toBeLessThanOrEqual(2);
          const { vectors, promptTokens } = await runtime.embed(
            { plan: PLAN, inputs: ['a cat', 'a kitten', 'tax law'] },
            NEVER,
          );
          const [cat, kitten, law] = vectors;
          const product = (one: readonly number[] = [], other: readonly number[] = []): number =>
            one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
          expect(product(cat, cat)).toBeCloseTo(1, 5);
          expect(product(cat, kitten)).toBeGreaterThan(product(cat, law));
          expect(promptTokens).toBeGreaterThan(5);
        }
        expect(server.loads).toBe(before);
      },
      TIMEOUT_MS,
    );

    it(
      'of embeddings name the input that is too long',
      async () => {
        const long = 'The quick brown fox jumps over the lazy dog. '.repeat(200);
        for (const [inputs, param] of [
          [['short', long], 'input[1]'],
          [[long], 'input'],
        ] as const) {
          const error = await runtime.embed({ plan: PLAN, inputs }, NEVER).catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ status: 413, code: 'context_length_exceeded', param });
          const [, tokens] = /has about (\d+) tokens/.exec((error as Error).message) ?? [];
          expect(Math.abs(Number(tokens) - 2001)).toBeLessThan(100);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'have tool calls of their own where the template has tools',
      async () => {
        const { capabilities } = await runtime.describe('tools', NEVER);
        expect(capabilities).toMatchObject({ generation: true, tools: 'native', thinking: 'none', infill: false });
        const plan = planOf('tools');
        for (const stream of [true, false]) {
          const base = chatCall(plan, [user('How is the weather in Paris?')], { maxTokens: 60, stream });
          const call: GenerationCall = {
            ...base,
            input: { ...(base.input as ChatInput), tools: [WEATHER] },
            format: schemaFormat(CALL_SCHEMA),
          };
          const { events, text, finish } = await hear(call);
          const calls = events.flatMap((event) => (event.type === 'toolCall' ? [event.call] : []));
          expect(calls).toEqual([
            {
              id: expect.stringMatching(/^call_/),
              name: 'get_weather',
              arguments: expect.stringMatching(/^\{"city":"(Paris|Rome)"\}$/),
            },
          ]);
          expect(text).toBe('');
          expect(finish.reason).toBe('tool_calls');
        }
        const history: readonly PlainMessage[] = [
          user('How is the weather in Paris?'),
          {
            role: 'assistant',
            content: '',
            toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' }],
          },
          { role: 'tool', content: 'Sunny', toolCallId: 'call_1', toolName: 'get_weather' },
        ];
        expect((await hear(chatCall(plan, history, { maxTokens: 8 }))).finish.usage.promptTokens).toBeGreaterThan(30);
      },
      TIMEOUT_MS,
    );

    it(
      'have their thoughts apart from the text, and none where an effort of none is asked for',
      async () => {
        const { capabilities } = await runtime.describe('thinks', NEVER);
        expect(capabilities).toMatchObject({ thinking: 'native', tools: 'none' });
        const plan = planOf('thinks');
        const messages: readonly PlainMessage[] = [
          ...[
            ['What is 1 + 1?', 'One and one is two.', '2'],
            ['What is 2 + 2?', 'Two and two is four.', '4'],
            ['What is 1 + 2?', 'One and two is three.', '3'],
          ].flatMap(([question = '', reasoning = '', content = '']): PlainMessage[] => [
            user(question),
            { role: 'assistant', content, reasoning },
          ]),
          user('What is 2 + 1?'),
        ];
        for (const stream of [true, false]) {
          const base = chatCall(plan, messages, { maxTokens: 24, stream });
          const thinking = await hear({
            ...base,
            input: { ...(base.input as ChatInput), effort: 'high' },
            logprobs: 0,
          });
          expect(thinking.reasoning).toMatch(/^Two and one/);
          expect(thinking.text).toMatch(/^\d/);
          const tokens = thinking.events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
          expect(tokens.map(({ token }) => token).join('')).toBe(thinking.text);
          const quick = await hear({ ...base, input: { ...(base.input as ChatInput), effort: 'none' } });
          expect(quick.reasoning).toBe('');
        }
      },
      TIMEOUT_MS,
    );

    it.each(['thinks', 'parsed'])(
      'fit their schema although the model %s thinks',
      async (name) => {
        const { capabilities } = await runtime.describe(name, NEVER);
        expect(capabilities.thinking).toBe('native');
        const schema = { enum: ['good', 'bad'] };
        for (const stream of [true, false]) {
          const call = chatCall(planOf(name), [user('How are you?')], {
            maxTokens: 60,
            stream,
            temperature: 1,
            seed: 3,
          });
          const { text, reasoning, finish } = await hear({ ...call, format: schemaFormat(schema) });
          expect([finish.reason, reasoning, schemaCheck(schema)(JSON.parse(text))]).toEqual(['stop', '', true]);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'fill a gap where the template can',
      async () => {
        expect((await runtime.describe('fills', NEVER)).capabilities.infill).toBe(true);
        const call: GenerationCall = {
          ...chatCall(planOf('fills'), [], { maxTokens: 5 }),
          input: { type: 'text', prompt: 'def add(a, b):', suffix: 'return c' },
        };
        const { finish } = await hear(call);
        expect(finish.usage.completionTokens).toBeGreaterThan(0);
        expect(finish.usage.promptTokens).toBeGreaterThan(8);
      },
      TIMEOUT_MS,
    );
  });
}
