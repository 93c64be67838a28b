import { Template } from '@huggingface/jinja';
import type { TemplateInput } from './template-input.translate.js';

/** The format of models whose file has no template. */
const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** Ends of a turn in {@link CHATML}, for models that do not know them as control tokens. */
const CHATML_STOPS: readonly string[] = ['<|im_end|>', '<|im_start|>'];

/** Raised when the template refuses the messages; its message is the template's own. */
export class TemplateRefusal extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'TemplateRefusal';
  }
}

/** Raised when the template of a model file cannot be used at all. */
export class TemplateError extends Error {
  constructor(cause: unknown) {
    super(`its chat template cannot be used (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
    this.name = 'TemplateError';
  }
}

/** Texts of the tokens that templates may write. */
export interface TemplateTokens {
  readonly bos: string;
  readonly eos: string;
}

/** Writes a chat in the format that the model was trained on. */
export class ChatTemplate {
  /** Texts that end an answer beside the model's own end tokens. */
  readonly stops: readonly string[];
  private readonly template: Template;

  /**
   * @param source the template of the model file; ChatML when undefined
   * @throws {@link TemplateError} when it is no template, or fails on the simplest chat
   */
  constructor(
    source: string | undefined,
    private readonly tokens: TemplateTokens,
  ) {
    this.stops = source === undefined ? CHATML_STOPS : [];
    try {
      this.template = new Template(source ?? CHATML);
      this.write({ messages: [{ role: 'user', content: 'hello' }], tools: null, documents: null });
    } catch (error) {
      throw new TemplateError(error);
    }
  }

  /** The prompt, up to where the answer begins. Throws a {@link TemplateRefusal}. */
  render(input: TemplateInput): string {
    try {
      return this.write(input);
    } catch (error) {
      throw new TemplateRefusal(error);
    }
  }

  private write(input: TemplateInput): string {
    return this.template.render({
      ...input,
      add_generation_prompt: true,
      bos_token: this.tokens.bos,
      eos_token: this.tokens.eos,
    });
  }
}
