import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeOllama } from '@local-llm-agent/testing';
import { OllamaManagement } from './model-management.service.js';
import { OllamaClient, type OpenCall } from './ollama.client.js';

const quiet = (): AbortSignal => new AbortController().signal;

describe('OllamaManagement', () => {
  let ollama: FakeOllama;
  let client: OllamaClient;

  beforeEach(async () => {
    ollama = new FakeOllama();
    client = new OllamaClient(await ollama.start());
  });
  afterEach(async () => {
    jest.useRealTimers();
    await client.close();
    await ollama.close();
  });

  const pulled = async (): Promise<readonly string[]> => {
    const steps: string[] = [];
    const management = new OllamaManagement(client);
    for await (const { status } of management.pull({ model: 'm', insecure: false }, quiet())) steps.push(status);
    return steps;
  };

  it('tells the last step of a pull although no new line comes after it', async () => {
    ollama.sayOn('/api/pull', '{"status":"pulling manifest"}\n{"status":"success"}');
    expect(await pulled()).toEqual(['pulling manifest', 'success']);
  });

  it.each([
    ['a line without end', 'x'.repeat(100_000)],
    ['a page of somebody else', '<html>\n</html>\n'],
    ['a step without a name', '{"completed":1}\n'],
  ])('refuses %s as the progress of a pull', async (_, text) => {
    ollama.sayOn('/api/pull', text);
    await expect(pulled()).rejects.toMatchObject({ code: 'backend_unavailable', origin: 'runtime' });
  });

  it('passes on why a pull failed in its last line', async () => {
    ollama.sayOn('/api/pull', '{"status":"pulling manifest"}\n{"error":"pull model manifest: file does not exist"}');
    await expect(pulled()).rejects.toThrow('file does not exist');
  });

  it.each(['copy', 'remove', 'hasBlob'] as const)('does not wait for ever when it is to %s', async (what) => {
    jest.useFakeTimers();
    const never = ({ signal }: OpenCall): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    jest.spyOn(client, 'open').mockImplementation(never);
    const management = new OllamaManagement(client);
    const call = what === 'copy' ? management.copy('m', 'n', quiet()) : management[what]('m', quiet());
    const refused = expect(call).rejects.toMatchObject({ code: 'backend_unavailable', origin: 'runtime' });
    await jest.advanceTimersByTimeAsync(60_000);
    await refused;
  });

  it('ends such a wait for the reason of who asked', async () => {
    const abort = new AbortController();
    ollama.hangOn('/api/copy');
    const copying = new OllamaManagement(client).copy('m', 'n', abort.signal);
    await ollama.receivedOn('/api/copy');
    const left = new Error('left');
    abort.abort(left);
    await expect(copying).rejects.toBe(left);
  });
});
