import { toExport } from './conversation.parse';
import type { Conversation } from './chat.types';

/** Gives conversations to the user as a file. */
export function download(conversations: readonly Conversation[], name: string): void {
  const url = URL.createObjectURL(new Blob([toExport(conversations)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
