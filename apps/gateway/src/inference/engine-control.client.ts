import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import { isAxiosError } from 'axios';
import {
  ENGINE_PATHS,
  HEADERS,
  backendUnavailable,
  type EngineHealth,
  type EngineModel,
  type EngineModels,
  type TaggedModel,
  type TaggedModels,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { engineCredentials, engineRefusesUs } from './engine-token.translate.js';

/** Longest wait for a control call: more than the engine waits for its own runtimes. */
const CONTROL_TIMEOUT_MS = 8000;
/** Most bytes of an answer: thousands of models. */
const MOST_CONTROL_BYTES = 16 * 2 ** 20;

function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}

function isModels(data: unknown): data is EngineModels & TaggedModels {
  return isObject(data) && Array.isArray(data['models']);
}

function isHealth(data: unknown): data is EngineHealth {
  return (
    isObject(data) && typeof data['status'] === 'string' && isObject(data['runtimes']) && Array.isArray(data['models'])
  );
}

/** Control calls to the engine: what there is and how it is, no tokens. */
@Injectable()
export class EngineControlClient {
  constructor(
    private readonly http: HttpService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Every name under which a chat would be answered. Throws `backend_unavailable`. */
  async models(requestId: string): Promise<readonly EngineModel[]> {
    return (await this.get(ENGINE_PATHS.models, requestId, isModels)).models;
  }

  /** Every model that is installed, in the shape of the Ollama API. Throws `backend_unavailable`. */
  async tags(requestId: string): Promise<readonly TaggedModel[]> {
    return (await this.get(ENGINE_PATHS.tags, requestId, isModels)).models;
  }

  /** How the engine is. Throws `backend_unavailable`. */
  health(requestId: string): Promise<EngineHealth> {
    return this.get(ENGINE_PATHS.health, requestId, isHealth);
  }

  private async get<T>(path: string, requestId: string, isRight: (data: unknown) => data is T): Promise<T> {
    const data = await this.read(path, requestId);
    if (isRight(data)) return data;
    throw backendUnavailable(
      `What answers at ${this.settings.ENGINE_URL} is not the inference engine, or another version of it. Check ENGINE_URL.`,
      { origin: 'gateway' },
    );
  }

  private async read(path: string, requestId: string): Promise<unknown> {
    try {
      const { data } = await this.http.axiosRef.get<unknown>(this.settings.ENGINE_URL + path, {
        timeout: CONTROL_TIMEOUT_MS,
        maxContentLength: MOST_CONTROL_BYTES,
        maxRedirects: 0,
        headers: { [HEADERS.requestId]: requestId, ...engineCredentials(this.settings) },
        proxy: false,
      });
      return data;
    } catch (error) {
      // The error of axios holds the whole request, its credentials too: not for the log.
      const cause = error instanceof Error ? new Error(error.message) : error;
      if (isAxiosError(error) && error.response?.status === 401) throw engineRefusesUs(cause);
      throw backendUnavailable(
        `The inference engine does not answer at ${this.settings.ENGINE_URL}. Start it, or set ENGINE_URL.`,
        { origin: 'gateway', cause },
      );
    }
  }
}
