import { ActionIcon, FileButton, Menu } from '@mantine/core';
import { Download, Ellipsis, Upload } from 'lucide-react';
import { useRef } from 'react';
import { useToast } from '../../components/use-toast';
import { useChatTexts } from './chat.texts';
import type { Conversation } from './chat.types';
import { download } from './conversation-file.writer';
import { parseExport, type Imported } from './conversation.parse';
import { addImported } from './conversations.store';
import { randomId } from './random.id';

/** Says what came of an import. */
function useImportNotice(): (imported: Imported) => void {
  const t = useChatTexts();
  const tell = useToast();
  return (imported) => {
    if ('problem' in imported) {
      tell(t(imported.problem), { color: 'red', title: t('importFailed'), role: 'alert' });
      return;
    }
    const { conversations, broken } = imported;
    const known = addImported(conversations);
    const count = conversations.length - known;
    const words = [
      count > 0 ? t('imported', { count }) : t('importedNone'),
      ...(known > 0 ? [t('known', { count: known })] : []),
      ...(broken.length > 0 ? [t('broken', { places: broken.join(', ') })] : []),
    ];
    tell(words.join(' '), { color: broken.length > 0 ? 'yellow' : 'green', title: t('importDone') });
  };
}

interface ListMenuProps {
  /** All conversations. */
  readonly conversations: readonly Conversation[];
}

/** Export and import of all conversations. */
export function ListMenu({ conversations }: ListMenuProps) {
  const t = useChatTexts();
  const notice = useImportNotice();
  const reset = useRef<() => void>(null);
  const read = async (file: File | null): Promise<void> => {
    if (!file) return;
    notice(parseExport(await file.text(), randomId));
    // So that the same file can be chosen once more.
    reset.current?.();
  };
  return (
    <FileButton accept="application/json,.json" onChange={(file) => void read(file)} resetRef={reset}>
      {({ onClick }) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label={t('more')}>
              <Ellipsis size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<Download size={16} aria-hidden />}
              disabled={conversations.length === 0}
              onClick={() => download(conversations, 'conversations.json')}
            >
              {t('exportAll')}
            </Menu.Item>
            <Menu.Item leftSection={<Upload size={16} aria-hidden />} onClick={onClick}>
              {t('import')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </FileButton>
  );
}
