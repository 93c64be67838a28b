import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS, HEADERS } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { ask, chat, startEngine, statusOf, type Answer, type RunningEngine } from './engine.harness.js';

const CATALOG = 'models: [{ id: a, memory: 1GiB, contextLength: 2048 }]';
/** All that the engine asks an Ollama for a chat, for vectors, and on its own account. */
const PATHS = ['/api/version', '/api/tags', '/api/ps', '/api/show', '/api/embed', '/api/generate', '/api/chat'];
const TEXTS = [
  '',
  'null',
  '[]',
  '{}',
  '7',
  '"text"',
  '<html>502 Bad Gateway</html>',
  '{"models":[null,7,{"name":7},{"name":""},{"name":"a:latest","size":"large","digest":7,"size_vram":[]}]}',
  '{"model_info":{"general.architecture":7,"llama.context_length":-1},"capabilities":"all","details":[]}',
  '{"model_info":{"general.architecture":"llama","llama.context_length":1e400,"llama.block_count":1e9}}',
  '{"embeddings":[[null]],"message":{"content":7},"response":[],"done":true,"prompt_eval_count":-1}',
  '{"message":{"role":"assistant","content":"a"},"done":false}',
  '{"done":true}\n{"done":true}\n',
  '{"error":{"message":"no text"}}',
  '\u0000\ufffd',
];

describe('an engine whose Ollama', () => {
  let ollama: FakeOllama;
  let engine: RunningEngine;
  /** The last answer to a chat that is tried until it is right, for a while. */
  const goesOn = async (): Promise<Answer> => {
    let answer = await chat(engine, 'a');
    for (let tries = 0; answer.status !== 200 && tries < 400; tries += 1) {
      await wait(50);
      answer = await chat(engine, 'a');
    }
    return answer;
  };

  beforeEach(async () => {
    ollama = new FakeOllama([{ name: 'a:latest', size: 2 ** 30 }]);
    engine = await startEngine(await ollama.start(), CATALOG, { MEMORY_BUDGET: 2 ** 32, LOAD_TIMEOUT_SECONDS: 2 });
  });
  afterEach(async () => {
    await engine.stop();
    await ollama.close();
  });

  it.each(PATHS)(
    'talks nonsense on %s refuses what it cannot do, and goes on when it talks sense again',
    async (path) => {
      const wrong: unknown[] = [];
      for (const text of TEXTS) {
        ollama.sayOn(path, text);
        const input = { model: 'a', input: 'x' };
        const answers = await Promise.all([chat(engine, 'a'), ask(engine, ENGINE_PATHS.embeddings, input)]);
        const plans = await ask(engine, ENGINE_PATHS.modelPlans);
        const known = (status: number): boolean => [200, 400, 404, 413, 503, 504].includes(status);
        for (const { status, text: body } of [...answers, plans]) if (!known(status)) wrong.push([text, status, body]);
        await statusOf(engine);
        ollama.sayOn(path, undefined);
        await ask(engine, ENGINE_PATHS.unloadModel, { model: 'a' });
        const again = await goesOn();
        if (again.status !== 200) wrong.push([text, 'does not go on', again.status, again.text]);
        await ask(engine, ENGINE_PATHS.unloadModel, { model: 'a' });
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each(PATHS)('says nothing on %s ends requests in their time, and goes on when it answers again', async (path) => {
    ollama.hangOn(path);
    const answers = await Promise.all([
      chat(engine, 'a', { [HEADERS.timeout]: '1000' }),
      ask(engine, ENGINE_PATHS.embeddings, { model: 'a', input: 'x' }, { [HEADERS.timeout]: '1000' }),
    ]);
    const known = [200, 503, 504];
    expect(answers.filter(({ status }) => !known.includes(status))).toEqual([]);
    await statusOf(engine);
    ollama.hangOn(path, false);
    expect((await goesOn()).status).toBe(200);
  });
});
