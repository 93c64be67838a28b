/** What is filled into every snippet. */
export interface Place {
  /** Address of the gateway without a slash at the end. */
  readonly origin: string;
  /** The key to send; undefined where none is needed. */
  readonly key: string | undefined;
  readonly model: string;
  /** What the model is asked, in the language of the reader. */
  readonly question: string;
}

/** What a snippet is written in. */
export type SnippetLanguage = 'bash' | 'python' | 'javascript' | 'json';

/** Keys of the texts that explain a snippet. */
export type SnippetNote =
  | 'anyProgramNote'
  | 'claudeCodeNote'
  | 'codexNote'
  | 'embeddingsNote'
  | 'mcpNote'
  | 'ollamaNote'
  | 'ollamaProxyNote'
  | 'opencodeNote'
  | 'responsesNote';

/** A piece of code that runs as it stands. */
export interface Snippet {
  readonly id: string;
  /** A name that is the same in all languages, such as that of a program. */
  readonly title: string;
  readonly language: SnippetLanguage;
  /** What installs what it needs. */
  readonly install?: string;
  readonly note?: SnippetNote;
  readonly code: string;
}

/** Snippets of one family of clients. */
export interface SnippetGroup {
  readonly id: string;
  readonly title: string;
  readonly snippets: readonly Snippet[];
}
