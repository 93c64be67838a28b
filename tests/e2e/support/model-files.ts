import { copyFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The key whose value is changed in a copy; the value follows as its type (4 bytes), length (8 bytes) and text. */
const NAME_KEY = Buffer.from('general.name');

function demoModel(): string {
  const file = process.env['TEST_MODEL_GGUF'];
  if (!file) throw new Error('TEST_MODEL_GGUF is not set: run the suite by npm test, which fetches the model.');
  return file;
}

/** The demo model as another model: Ollama takes two names of the very same file for one loaded model. */
function writeTwin(target: string): void {
  const bytes = readFileSync(demoModel());
  const key = bytes.indexOf(NAME_KEY);
  if (key < 0) throw new Error('The demo model has no general.name that could be changed.');
  bytes.write('#', key + NAME_KEY.length + 4 + 8);
  writeFileSync(target, bytes);
}

/** A model of this name thinks before it answers. */
export const THINKER = 'thinker';

const TEMPLATE_KEY = Buffer.from('tokenizer.chat_template');
/** ChatML whose answers begin with thoughts, unless they are switched off. */
const THINKING_TEMPLATE = `{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% else %}<think>\n{% endif %}{% endif %}`;
/** The same for Ollama, which has a language of its own. */
export const THINKING_MODELFILE = `TEMPLATE """{{ range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ if and .IsThinkSet .Think }}<think>
{{ end }}"""
`;

/** The demo model with a template that makes it think; the text keeps its length, and so the file its form. */
function writeThinker(target: string): void {
  const bytes = readFileSync(demoModel());
  const key = bytes.indexOf(TEMPLATE_KEY);
  if (key < 0) throw new Error('The demo model has no chat template that could be changed.');
  const length = Number(bytes.readBigUInt64LE(key + TEMPLATE_KEY.length + 4));
  const padding = length - Buffer.byteLength(THINKING_TEMPLATE) - '{##}'.length;
  if (padding < 0) throw new Error('The chat template of the demo model is too short to be changed.');
  bytes.write(`${THINKING_TEMPLATE}{#${' '.repeat(padding)}#}`, key + TEMPLATE_KEY.length + 4 + 8);
  writeFileSync(target, bytes);
}

/** Puts the demo model into the folder under each of the names: as it is for the first, as a twin for another, as one that thinks for {@link THINKER}. */
export function writeModelFiles(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  const files = new Map(names.map((name) => [name, path.join(folder, `${name}.gguf`)]));
  let first = true;
  for (const [name, file] of files) {
    if (name === THINKER) writeThinker(file);
    else if (first) copyDemoModel(file);
    else writeTwin(file);
    first = false;
  }
  return files;
}

function copyDemoModel(target: string): void {
  try {
    linkSync(demoModel(), target);
  } catch {
    // Another file system.
    copyFileSync(demoModel(), target);
  }
}
