import { defineTexts } from '../../i18n/texts';

/** Texts of the snippets and of what is filled into them. */
export const useConnectTexts = defineTexts('connect', {
  en: {
    about: 'Copy, paste, run: address, key and model are filled in.',
    address: 'Address',
    copyAddress: 'Copy the address',
    model: 'Model',
    modelHint: 'Filled into every snippet',
    key: 'Key',
    keyNone: 'None needed: this gateway has no keys yet. Packages that insist on one get “not-needed”.',
    keyPlaceholder: 'Put yours in place of {{key}}, or enter it at the top right to have it filled in.',
    keyOwn: 'The one of this page. It is hidden here; “Copy” takes it along.',
    keyOwnShown: 'The one of this page, for all who look at this screen.',
    showKey: 'Show the key',
    loadingModels: 'Reading the models…',
    clients: 'Clients',
    question: 'Say hello in one short sentence.',
    install: 'Needs',
    code: 'Code: {{title}}',
    copyCode: 'Copy the code: {{title}}',
    copyInstall: 'Copy the command that installs it: {{title}}',
    anyProgramNote:
      'Programs that read the variables of OpenAI’s packages need nothing else. Those that ask for a “base URL” or “API base” in their settings want the first one.',
    claudeCodeNote:
      'It sends long prompts with many tools: choose a model that can call tools, with a context of at least 32,000 tokens.',
    codexNote:
      'Codex keeps its own settings: these hold for one start. To keep them, write them to ~/.codex/config.toml. Its prompt alone has about 10,000 tokens; it says of every local model that it knows nothing about it.',
    embeddingsNote:
      'check_embedding_ctx_length=False makes LangChain send texts. Without it, it sends numbers of OpenAI’s own tokenizer, which mean nothing to a local model and are refused.',
    mcpNote:
      'For Claude Code (.mcp.json), Cursor (.cursor/mcp.json) and others that read “mcpServers”. In .vscode/mcp.json of VS Code it is called “servers”.',
    ollamaNote: 'The same variable works for ollama list, show, ps and pull.',
    ollamaProxyNote:
      'The ollama command cannot send a key. This small proxy on your own machine adds it: save it as proxy.mjs, and let “node proxy.mjs” run beside the command below.',
    opencodeNote:
      'The same settings can stand in opencode.json. Its prompt alone has about 8,000 tokens: choose a model that can call tools, with a context of at least 32,000 tokens.',
    responsesNote:
      'The newer API of OpenAI: conversations are kept on the gateway, “previous_response_id” goes on from one.',
  },
  es: {
    about: 'Copiar, pegar, ejecutar: la dirección, la clave y el modelo ya están puestos.',
    address: 'Dirección',
    copyAddress: 'Copiar la dirección',
    model: 'Modelo',
    modelHint: 'Se pone en todos los fragmentos',
    key: 'Clave',
    keyNone: 'No hace falta: esta pasarela aún no tiene claves. Los paquetes que exigen una reciben «not-needed».',
    keyPlaceholder: 'Pon la tuya en lugar de {{key}}, o introdúcela arriba a la derecha para que aparezca puesta.',
    keyOwn: 'La de esta página. Aquí está oculta; «Copiar» la incluye.',
    keyOwnShown: 'La de esta página, a la vista de quien mire la pantalla.',
    showKey: 'Mostrar la clave',
    loadingModels: 'Leyendo los modelos…',
    clients: 'Clientes',
    question: 'Saluda en una frase corta.',
    install: 'Necesita',
    code: 'Código: {{title}}',
    copyCode: 'Copiar el código: {{title}}',
    copyInstall: 'Copiar la orden que lo instala: {{title}}',
    anyProgramNote:
      'A los programas que leen las variables de los paquetes de OpenAI les basta con esto. Los que piden una «base URL» o «API base» en sus ajustes quieren la primera.',
    claudeCodeNote:
      'Envía instrucciones largas con muchas herramientas: elige un modelo que sepa usarlas, con un contexto de al menos 32 000 tokens.',
    codexNote:
      'Codex conserva sus propios ajustes: estos valen para un arranque. Para guardarlos, escríbelos en ~/.codex/config.toml. Solo sus instrucciones ocupan unos 10 000 tokens; de todo modelo local dice que no sabe nada de él.',
    embeddingsNote:
      'Con check_embedding_ctx_length=False LangChain envía textos. Sin ello envía números del tokenizador de OpenAI, que un modelo local no entiende y que se rechazan.',
    mcpNote:
      'Para Claude Code (.mcp.json), Cursor (.cursor/mcp.json) y otros que leen «mcpServers». En .vscode/mcp.json de VS Code se llama «servers».',
    ollamaNote: 'La misma variable vale para ollama list, show, ps y pull.',
    ollamaProxyNote:
      'La orden ollama no puede enviar una clave. Este pequeño proxy en tu propia máquina la añade: guárdalo como proxy.mjs y deja «node proxy.mjs» en marcha junto a la orden de abajo.',
    opencodeNote:
      'Los mismos ajustes pueden estar en opencode.json. Solo sus instrucciones ocupan unos 8000 tokens: elige un modelo que sepa usar herramientas, con un contexto de al menos 32 000 tokens.',
    responsesNote:
      'La API más nueva de OpenAI: las conversaciones se guardan en la pasarela y «previous_response_id» continúa una.',
  },
});
