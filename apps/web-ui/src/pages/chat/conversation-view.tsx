import { Alert, Button, Drawer, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { List } from 'lucide-react';
import { useCallback, useRef, type RefObject } from 'react';
import { useModels } from '../../api/models.api';
import { ApiFailure } from '../../api/http.client';
import { FailureNotice } from '../../components/failure-notice';
import { Announcer } from './announcer';
import { useChatTexts } from './chat.texts';
import { Composer } from './composer';
import { ConversationList } from './conversation-list';
import { ask, changeSettings, openConversation, runningAnswer, stop, useConversations } from './conversations.store';
import { NEW_DRAFT } from './draft.store';
import { useEndFollower } from './end-follower.hook';
import { ModelBar } from './model-bar';
import { SettingsDrawer } from './settings-drawer';
import { useSettingsTexts } from './settings.texts';
import { TurnList } from './turn-list';
import classes from './chat.module.css';

/** The answer that was asked for last, as far as it is. */
function useLastAnswer() {
  const last = useConversations((state) => {
    const turn = openConversation(state).turns.at(-1);
    return turn?.role === 'assistant' ? turn : undefined;
  });
  const live = useConversations((state) => (last ? state.live[last.id] : undefined));
  return live ?? last;
}

/** Announces by itself, so that a growing answer draws nothing else anew. */
function LastAnswerAnnouncer() {
  return <Announcer answer={useLastAnswer()} />;
}

function ListDrawer({ onChosen }: { readonly onChosen: () => void }) {
  const t = useChatTexts();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" hiddenFrom="md" leftSection={<List size={16} aria-hidden />} onClick={open}>
        {t('conversations')}
      </Button>
      <Drawer
        opened={opened}
        onClose={close}
        title={t('conversations')}
        closeButtonProps={{ 'aria-label': t('cancel') }}
      >
        <ConversationList
          onChosen={() => {
            close();
            onChosen();
          }}
        />
      </Drawer>
    </>
  );
}

function UnkeptNotice() {
  const t = useChatTexts();
  const reason = useConversations((state) => state.unkept);
  return reason === undefined ? null : (
    <Alert color="yellow" title={t('unkept')} role="status">
      {t('unkeptWhy', { reason })}
    </Alert>
  );
}

/** Without a key that is good, nothing that is asked would be answered. */
function needsKey(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 401;
}

/** The conversation that is open: who is asked, what was said, and the place to write. */
interface TalkProps {
  readonly input: RefObject<HTMLTextAreaElement | null>;
  readonly focusInput: () => void;
}

function Talk({ input, focusInput }: TalkProps) {
  const settingsTexts = useSettingsTexts();
  const conversation = useConversations(openConversation);
  const running = useConversations((state) => runningAnswer(state, conversation.id));
  const [settingsOpened, settingsDrawer] = useDisclosure();
  const models = useModels();
  const { grows, atEnd, toEnd } = useEndFollower();
  const onActed = useCallback(() => {
    toEnd();
    focusInput();
  }, [toEnd, focusInput]);
  const onStop = (): void => {
    if (running !== undefined) stop(running);
    focusInput();
  };
  return (
    <div
      className={classes['talk']}
      onKeyDown={(event) => {
        // Not what is pressed in a dialog, which is a child of this for React alone.
        if (event.key === 'Escape' && running !== undefined && event.currentTarget.contains(event.target as Node))
          onStop();
      }}
    >
      <Stack gap="md" className={classes['turns']} ref={grows}>
        <ModelBar settings={conversation.settings} onChange={changeSettings} onSettings={settingsDrawer.open}>
          <ListDrawer onChosen={focusInput} />
        </ModelBar>
        <UnkeptNotice />
        {models.error && !models.data && <FailureNotice error={models.error} onRetry={() => void models.refetch()} />}
        <TurnList conversation={conversation} busy={running !== undefined} onActed={onActed} />
      </Stack>
      <LastAnswerAnnouncer />
      <Composer
        key={conversation.id}
        place={conversation.turns.length === 0 ? NEW_DRAFT : conversation.id}
        settings={conversation.settings}
        locked={needsKey(models.error)}
        onStop={running === undefined ? undefined : onStop}
        onSend={(question) => {
          ask(question);
          toEnd();
        }}
        input={input}
        onToEnd={atEnd ? undefined : toEnd}
      />
      <SettingsDrawer
        title={settingsTexts('title')}
        settings={conversation.settings}
        onChange={changeSettings}
        opened={settingsOpened}
        onClose={settingsDrawer.close}
      />
    </div>
  );
}

/** Conversations: the list beside the one that is open; on a telephone the list is a drawer. */
export function ConversationView() {
  const t = useChatTexts();
  const input = useRef<HTMLTextAreaElement>(null);
  const focusInput = useCallback(() => input.current?.focus(), []);
  return (
    <div className={classes['view']}>
      <Stack component="aside" aria-label={t('conversations')} visibleFrom="md" className={classes['list']}>
        <ConversationList onChosen={focusInput} />
      </Stack>
      <Talk input={input} focusInput={focusInput} />
    </div>
  );
}
