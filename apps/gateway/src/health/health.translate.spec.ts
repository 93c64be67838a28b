import { describe, expect, it } from '@jest/globals';
import type { EngineHealth } from '@local-llm-agent/contracts';
import { toHealthReport, type HealthFrame } from './health.translate.js';

const FRAME: HealthFrame = {
  timestamp: '2026-01-20T10:30:00.000Z',
  version: '0.1.0',
  defaultModel: 'gpt-oss:20b',
  draining: false,
};
const ENGINE: EngineHealth = { status: 'healthy', runtimes: { ollama: 'up' }, models: ['a', 'b'] };

describe('the health report', () => {
  it('has the fields of both documents', () => {
    expect(toHealthReport(ENGINE, FRAME)).toEqual({
      status: 'healthy',
      timestamp: '2026-01-20T10:30:00.000Z',
      version: '0.1.0',
      dependencies: { inference_engine: 'up', ollama: 'up' },
      ollama_service: 'up',
      default_model: 'gpt-oss:20b',
      available_models: ['a', 'b'],
      litellm_enabled: true,
    });
  });

  it('takes status and reason from the engine', () => {
    const report = toHealthReport({ ...ENGINE, status: 'degraded', detail: 'half of it' }, FRAME);
    expect([report.status, report.detail]).toEqual(['degraded', 'half of it']);
  });

  it('says not_used for Ollama where the engine has another runtime', () => {
    const report = toHealthReport({ ...ENGINE, runtimes: { embedded: 'up' } }, FRAME);
    expect([report.ollama_service, report.dependencies]).toEqual([
      'not_used',
      { inference_engine: 'up', embedded: 'up' },
    ]);
  });

  it('is unhealthy without the engine, and counts what is behind it as down', () => {
    const report = toHealthReport(undefined, FRAME, 'it does not answer');
    expect(report).toMatchObject({
      status: 'unhealthy',
      detail: 'it does not answer',
      dependencies: { inference_engine: 'down', ollama: 'down' },
      ollama_service: 'down',
      available_models: [],
    });
  });

  it('is unhealthy while the gateway shuts down, whatever the engine says', () => {
    const report = toHealthReport(ENGINE, { ...FRAME, draining: true });
    expect([report.status, report.detail, report.dependencies['inference_engine']]).toEqual([
      'unhealthy',
      'The gateway is shutting down.',
      'up',
    ]);
  });
});
