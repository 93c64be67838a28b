import { Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { Plus, Search } from 'lucide-react';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useChatTexts } from './chat.texts';
import { ConversationItem } from './conversation-item';
import { search } from './conversation.state';
import { open, startNew, useConversations } from './conversations.store';
import { ListMenu } from './list-menu';
import classes from './chat.module.css';

/** Why the list is empty. */
function NothingListed({ any }: { readonly any: boolean }) {
  const t = useChatTexts();
  const loaded = useConversations((state) => state.loaded);
  if (!loaded) return <Skeleton height={90} />;
  return (
    <Text size="sm" c="dimmed">
      {any ? t('noneFound') : t('none')}
    </Text>
  );
}

interface ConversationListProps {
  /** Called when a conversation was chosen or begun. */
  readonly onChosen: () => void;
}

/** The conversations of this browser: find one, begin one. */
export function ConversationList({ onChosen }: ConversationListProps) {
  const t = useChatTexts();
  const [words, setWords] = useState('');
  const wanted = useDeferredValue(words);
  const conversations = useConversations((state) => state.conversations);
  const opened = useConversations((state) => state.open);
  const all = useMemo(
    () =>
      search(
        Object.values(conversations).filter(({ turns }) => turns.length > 0),
        '',
      ),
    [conversations],
  );
  const found = useMemo(() => search(all, wanted), [all, wanted]);
  const onOpen = useCallback(
    (id: string) => {
      open(id);
      onChosen();
    },
    [onChosen],
  );
  return (
    <Stack gap="sm">
      <Group gap="xs" wrap="nowrap">
        <Button
          flex={1}
          px="xs"
          leftSection={<Plus size={16} aria-hidden />}
          onClick={() => {
            startNew();
            onChosen();
          }}
        >
          {t('newOne')}
        </Button>
        <ListMenu conversations={all} />
      </Group>
      <TextInput
        type="search"
        aria-label={t('search')}
        placeholder={t('searchShort')}
        leftSection={<Search size={16} aria-hidden />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      {found.length === 0 && <NothingListed any={all.length > 0} />}
      <Stack component="ul" gap={2} className={classes['items']}>
        {found.map((conversation) => (
          <ConversationItem
            key={conversation.id}
            conversation={conversation}
            active={conversation.id === opened}
            onOpen={onOpen}
          />
        ))}
      </Stack>
    </Stack>
  );
}
