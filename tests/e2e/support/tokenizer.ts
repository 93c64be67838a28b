import { getLlama, type LlamaModel } from 'node-llama-cpp';

let loading: Promise<LlamaModel> | undefined;

/** The model's own tokenizer, loaded without its weights. */
function tokenizer(): Promise<LlamaModel> {
  const modelPath = process.env['TEST_MODEL_GGUF'];
  if (!modelPath) throw new Error('TEST_MODEL_GGUF is not set: run the suite by npm test, which fetches the model.');
  loading ??= getLlama({ gpu: false, build: 'never', logLevel: 'error' as never }).then((llama) =>
    llama.loadModel({ modelPath, vocabOnly: true }),
  );
  return loading;
}

/** Tokens of a chat in the ChatML of the demo model, the opening of the answer included. */
export async function countPromptTokens(messages: readonly { role: string; content: string }[]): Promise<number> {
  const model = await tokenizer();
  const prompt = `${messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join('')}<|im_start|>assistant\n`;
  return model.tokenize(prompt, true).length;
}
