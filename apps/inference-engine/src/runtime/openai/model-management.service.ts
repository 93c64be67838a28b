import {
  invalidRequest,
  modelNotFound,
  withTag,
  withoutLatest,
  type ApiError,
  type ModelDetails,
  type RunningModel,
  type ShownModel,
  type TaggedModel,
} from '@local-llm-agent/contracts';
import type { ModelManagement } from '../runtime.contract.js';
import type { ListedModel } from './openai.translate.js';

/** What is known of the models of a server. */
export interface OpenAiModels {
  list(signal: AbortSignal): Promise<readonly ListedModel[]>;
  /** Names of those that requests are sent to. */
  loaded(): ReadonlySet<string>;
}

/** Such a server tells names and lengths only. */
const DETAILS: ModelDetails = {
  parent_model: '',
  format: '',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
};
const FOREVER = '9999-12-31T23:59:59Z';

/** The models of an OpenAI-compatible server can be looked at; they are managed where the server is. */
export class OpenAiManagement implements ModelManagement {
  constructor(private readonly models: OpenAiModels) {}

  async tags(signal: AbortSignal): Promise<readonly TaggedModel[]> {
    return (await this.models.list(signal)).map((model) => {
      const name = withTag(model.name);
      const modified = new Date(model.created * 1000).toISOString();
      return { name, model: name, modified_at: modified, size: model.sizeBytes, digest: '', details: DETAILS };
    });
  }

  async running(signal: AbortSignal): Promise<readonly RunningModel[]> {
    const loaded = this.models.loaded();
    const running = (await this.models.list(signal)).filter(({ name }) => loaded.has(name));
    return running.map((model) => {
      const name = withTag(model.name);
      const context = model.contextLength ?? 0;
      const there = { name, model: name, size: model.sizeBytes, digest: '', details: DETAILS };
      return { ...there, expires_at: FOREVER, size_vram: model.sizeBytes, context_length: context };
    });
  }

  async show(name: string, _verbose: boolean, signal: AbortSignal): Promise<ShownModel> {
    const model = (await this.models.list(signal)).find((each) => each.name === withoutLatest(name));
    if (!model) throw modelNotFound(`The model '${name}' is not at the server.`);
    return {
      modelfile: '',
      template: '',
      details: DETAILS,
      model_info: model.contextLength === undefined ? {} : { 'general.context_length': model.contextLength },
      // What the model can do is the server's affair; its refusals are passed on.
      capabilities: ['completion', 'tools'],
      modified_at: new Date(model.created * 1000).toISOString(),
    };
  }

  pull(): never {
    throw managedElsewhere();
  }

  push(): never {
    throw managedElsewhere();
  }

  create(): never {
    throw managedElsewhere();
  }

  copy(): Promise<never> {
    return Promise.reject(managedElsewhere());
  }

  remove(): Promise<never> {
    return Promise.reject(managedElsewhere());
  }

  hasBlob(): Promise<never> {
    return Promise.reject(managedElsewhere());
  }

  addBlob(): Promise<never> {
    return Promise.reject(managedElsewhere());
  }
}

function managedElsewhere(): ApiError {
  return invalidRequest(
    'The models of an OpenAI-compatible server cannot be managed from here. Manage them where the server runs.',
    { param: 'model' },
  );
}
