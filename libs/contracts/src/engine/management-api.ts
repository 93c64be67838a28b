/** What a model is made of, in the shape of the Ollama API. */
export interface ModelDetails {
  /** The model that answers for this name, where that is another one. */
  readonly parent_model: string;
  readonly format: string;
  readonly family: string;
  readonly families: readonly string[];
  /** Such as `134.52M`. */
  readonly parameter_size: string;
  /** Such as `Q4_1`. */
  readonly quantization_level: string;
}

/** A model that is installed, in the shape of the Ollama API. */
export interface TaggedModel {
  readonly name: string;
  readonly model: string;
  /** ISO 8601. */
  readonly modified_at: string;
  /** Bytes. */
  readonly size: number;
  /** 64 hexadecimal digits; the same for the same weights. */
  readonly digest: string;
  readonly details: ModelDetails;
}

/** A model that is in memory, in the shape of the Ollama API. */
export interface RunningModel {
  readonly name: string;
  readonly model: string;
  readonly size: number;
  readonly digest: string;
  readonly details: ModelDetails;
  /** ISO 8601; far away, because models stay until their memory is needed. */
  readonly expires_at: string;
  /** Bytes of it on a GPU. */
  readonly size_vram: number;
  readonly context_length: number;
}

/** All about one model, in the shape of the Ollama API; a runtime may tell more. */
export interface ShownModel {
  readonly license?: string;
  readonly modelfile: string;
  readonly parameters?: string;
  readonly template: string;
  readonly details: ModelDetails;
  readonly model_info: Readonly<Record<string, unknown>>;
  readonly tensors?: readonly { name: string; type: string; shape: readonly number[] }[];
  readonly capabilities: readonly string[];
  /** ISO 8601. */
  readonly modified_at: string;
}

/** One line of a pull, a push or a creation. */
export interface ManagementProgress {
  readonly status: string;
  readonly digest?: string;
  /** Bytes. */
  readonly total?: number;
  readonly completed?: number;
}

/** Answer of `GET /models/tags` on the engine. */
export interface TaggedModels {
  readonly models: readonly TaggedModel[];
}

/** Answer of `GET /models/running` on the engine. */
export interface RunningModels {
  readonly models: readonly RunningModel[];
}
