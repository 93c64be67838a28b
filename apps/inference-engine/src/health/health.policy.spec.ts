import { describe, expect, it } from '@jest/globals';
import { engineHealth, type RuntimeReport } from './health.policy.js';

const report = (name: string, up: boolean, detail?: string): RuntimeReport => ({ name, up, detail });

describe('the health of the engine', () => {
  it('is good when every runtime answers and there is a model', () => {
    expect(engineHealth([report('embedded', true)], ['m'])).toEqual({
      status: 'healthy',
      runtimes: { ollama: 'not_used', embedded: 'up' },
      models: ['m'],
    });
  });

  it.each([
    [[false, true], 'up', 'degraded'],
    [[true, false], 'up', 'degraded'],
    [[true, true], 'up', 'healthy'],
    [[false, false], 'down', 'unhealthy'],
  ])('takes a kind of runtime for up when one of its hosts is: %j', (ups, ollama, status) => {
    const reports = ups.map((up, index) => report('ollama', up, up ? undefined : `host ${index} is down.`));
    expect(engineHealth(reports, ['m'])).toMatchObject({ status, runtimes: { ollama } });
  });

  it('says what is wrong with each', () => {
    const reports = [report('ollama', false, 'A is down.'), report('openai', false, 'B is down.')];
    expect(engineHealth(reports, ['m']).detail).toBe('A is down. B is down.');
    expect(engineHealth([report('ollama', true)], [])).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('No model is installed'),
    });
  });
});
