import type { Readable } from 'node:stream';
import {
  ApiError,
  type ManagementProgress,
  type OllamaCreateRequest,
  type RunningModel,
  type ShownModel,
  type TaggedModel,
} from '@local-llm-agent/contracts';
import { boundedSignal } from '@local-llm-agent/http';
import type { ModelManagement, RegistryOrder } from '../runtime.contract.js';
import { isDerived } from './derived.name.js';
import { readProgressLine, readRunning, readShown, readTags } from './management.translate.js';
import { LineSplitter } from './ndjson.parse.js';
import type { OllamaClient, OpenCall } from './ollama.client.js';

/** Far longer than any line of progress. */
const LONGEST_LINE = 64 * 1024;
/** A copy is a file of some hundred bytes; a model that is deleted may be many gigabytes on a slow disk. */
const CARRY_OUT_TIMEOUT_MS = 60_000;

/** Passes the management of models on to an Ollama. */
export class OllamaManagement implements ModelManagement {
  constructor(private readonly client: OllamaClient) {}

  async tags(signal: AbortSignal): Promise<readonly TaggedModel[]> {
    const body = await this.client.control({ method: 'GET', path: '/api/tags', signal });
    return (readTags(body) ?? this.garbage(body)).filter(({ name }) => !isDerived(name));
  }

  async running(signal: AbortSignal): Promise<readonly RunningModel[]> {
    const body = await this.client.control({ method: 'GET', path: '/api/ps', signal });
    return readRunning(body) ?? this.garbage(body);
  }

  async show(name: string, verbose: boolean, signal: AbortSignal): Promise<ShownModel> {
    const call = { method: 'POST', path: '/api/show', body: { model: name, verbose }, signal, model: name } as const;
    const body = await this.client.control(call);
    return readShown(body) ?? this.garbage(body);
  }

  pull(order: RegistryOrder, signal: AbortSignal): AsyncGenerator<ManagementProgress> {
    return this.progress('/api/pull', { ...order, stream: true }, signal);
  }

  push(order: RegistryOrder, signal: AbortSignal): AsyncGenerator<ManagementProgress> {
    return this.progress('/api/push', { ...order, stream: true }, signal);
  }

  create(order: OllamaCreateRequest, signal: AbortSignal): AsyncGenerator<ManagementProgress> {
    return this.progress('/api/create', Object.assign({}, order, { stream: true }), signal);
  }

  async copy(source: string, destination: string, signal: AbortSignal): Promise<void> {
    await this.carryOut({ method: 'POST', path: '/api/copy', body: { source, destination }, signal, model: source });
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.carryOut({ method: 'DELETE', path: '/api/delete', body: { model: name }, signal, model: name });
  }

  async hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.carryOut({ method: 'HEAD', path: `/api/blobs/${digest}`, signal, model: digest });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'model_not_found') return false;
      throw error;
    }
  }

  async addBlob(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean> {
    const answer = await this.client.open({ method: 'POST', path: `/api/blobs/${digest}`, bytes, signal });
    await answer.body.dump();
    return answer.statusCode === 201;
  }

  /** A call whose answer says no more than that it is done; it is waited for no longer than it may take. */
  private async carryOut(call: OpenCall): Promise<void> {
    const { path, signal, model } = call;
    const bounded = boundedSignal(signal, CARRY_OUT_TIMEOUT_MS);
    try {
      const answer = await this.client.open({ ...call, signal: bounded.signal });
      await answer.body.dump();
    } catch (cause) {
      signal.throwIfAborted();
      if (!bounded.signal.aborted) throw cause;
      throw this.client.explain({ type: 'fault', kind: 'timedOut', path, ms: CARRY_OUT_TIMEOUT_MS }, model);
    } finally {
      bounded.end();
    }
  }

  private async *progress(path: string, body: object, signal: AbortSignal): AsyncGenerator<ManagementProgress> {
    const answer = await this.client.open({ method: 'POST', path, body, signal });
    const lines = new LineSplitter(LONGEST_LINE);
    try {
      for await (const read of answer.body as AsyncIterable<Buffer>) {
        const whole = lines.push(read) ?? this.garbage(`a line longer than ${LONGEST_LINE} bytes`);
        for (const line of whole) if (line.trim() !== '') yield this.read(line);
      }
      const last = lines.end();
      if (last.trim() !== '') yield this.read(last);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ApiError) throw cause;
      throw this.client.explain({ type: 'fault', kind: 'network', cause }, undefined);
    } finally {
      // Whoever leaves the loop early stops what goes on at the other end.
      answer.body.destroy();
    }
  }

  private read(line: string): ManagementProgress {
    const progress = readProgressLine(line);
    if ('type' in progress) throw this.client.explain(progress, undefined);
    return progress;
  }

  private garbage(body: unknown): never {
    throw this.client.explain({ type: 'fault', kind: 'garbage', sample: JSON.stringify(body) }, undefined);
  }
}
