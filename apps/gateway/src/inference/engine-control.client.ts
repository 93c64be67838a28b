import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import {
  ENGINE_PATHS,
  backendUnavailable,
  type EngineHealth,
  type EngineModel,
  type EngineModels,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';

/** Longest wait for a control call: more than the engine waits for its own runtimes. */
const CONTROL_TIMEOUT_MS = 8000;

/** Control calls to the engine: what there is and how it is, no tokens. */
@Injectable()
export class EngineControlClient {
  constructor(
    private readonly http: HttpService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Every name under which a chat would be answered. Throws `backend_unavailable`. */
  async models(requestId: string): Promise<readonly EngineModel[]> {
    return (await this.get<EngineModels>(ENGINE_PATHS.models, requestId)).models;
  }

  /** How the engine is. Throws `backend_unavailable`. */
  health(requestId: string): Promise<EngineHealth> {
    return this.get<EngineHealth>(ENGINE_PATHS.health, requestId);
  }

  private async get<T>(path: string, requestId: string): Promise<T> {
    try {
      const { data } = await this.http.axiosRef.get<T>(this.settings.ENGINE_URL + path, {
        timeout: CONTROL_TIMEOUT_MS,
        headers: { 'x-request-id': requestId },
        proxy: false,
      });
      return data;
    } catch (cause) {
      throw backendUnavailable(
        `The inference engine does not answer at ${this.settings.ENGINE_URL}. Start it, or set ENGINE_URL.`,
        { origin: 'gateway', cause },
      );
    }
  }
}
