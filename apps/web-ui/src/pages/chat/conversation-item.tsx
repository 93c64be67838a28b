import { ActionIcon, Button, Group, Menu, Modal, NavLink, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Download, Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { memo, useState } from 'react';
import { useChatTexts } from './chat.texts';
import type { Conversation } from './chat.types';
import { download } from './conversation-file.writer';
import { forget, rename } from './conversations.store';

const LONGEST_TITLE = 200;

interface DialogProps {
  readonly conversation: Conversation;
  readonly opened: boolean;
  readonly close: () => void;
}

function RenameForm({ conversation, close }: Omit<DialogProps, 'opened'>) {
  const t = useChatTexts();
  const [title, setTitle] = useState(conversation.title);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rename(conversation.id, title.trim());
        close();
      }}
    >
      <Stack>
        <TextInput
          label={t('title')}
          value={title}
          maxLength={LONGEST_TITLE}
          onChange={(event) => setTitle(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('cancel')}
          </Button>
          <Button type="submit" disabled={title.trim() === ''}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function DeleteDialog({ conversation, opened, close }: DialogProps) {
  const t = useChatTexts();
  return (
    <Modal opened={opened} onClose={close} title={t('deleteTitle')} withCloseButton={false}>
      <Stack>
        <Text size="sm">{t('deleteWhy', { title: conversation.title })}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t('cancel')}
          </Button>
          <Button
            color="red"
            onClick={() => {
              close();
              forget(conversation.id);
            }}
          >
            {t('delete')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface ConversationItemProps {
  readonly conversation: Conversation;
  readonly active: boolean;
  readonly onOpen: (id: string) => void;
}

/** A conversation in the list: opens it, renames it, exports it, deletes it. */
export const ConversationItem = memo(function ConversationItem({
  conversation,
  active,
  onOpen,
}: ConversationItemProps) {
  const t = useChatTexts();
  const [renaming, renameDialog] = useDisclosure();
  const [deleting, deleteDialog] = useDisclosure();
  const title = conversation.title === '' ? t('untitled') : conversation.title;
  return (
    <Group component="li" gap={2} wrap="nowrap">
      <NavLink
        component="button"
        label={title}
        active={active}
        aria-current={active ? 'true' : undefined}
        noWrap
        onClick={() => onOpen(conversation.id)}
        flex={1}
        miw={0}
        py={6}
      />
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('actionsOf', { title })}>
            <Ellipsis size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={renameDialog.open}>
            {t('rename')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Download size={16} aria-hidden />}
            onClick={() => download([conversation], 'conversation.json')}
          >
            {t('export')}
          </Menu.Item>
          <Menu.Item leftSection={<Trash2 size={16} aria-hidden />} onClick={deleteDialog.open}>
            {t('delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={renaming} onClose={renameDialog.close} title={t('renameTitle')} withCloseButton={false}>
        <RenameForm conversation={conversation} close={renameDialog.close} />
      </Modal>
      <DeleteDialog conversation={conversation} opened={deleting} close={deleteDialog.close} />
    </Group>
  );
});
