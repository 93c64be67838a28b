import { Button, Group, MultiSelect, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { SlidersHorizontal, Square } from 'lucide-react';
import { useRef } from 'react';
import { useModels } from '../../api/models.api';
import { FailureNotice } from '../../components/failure-notice';
import { useChatTexts } from './chat.texts';
import { CompareColumn } from './compare-column';
import { useCompareTexts } from './compare.texts';
import { compareNow, MOST_COMPARED, stopAll, useComparison } from './comparison.store';
import { SettingsDrawer } from './settings-drawer';
import { areSendable, changedSettings } from './settings.policy';
import { useSettingsTexts } from './settings.texts';

const MOST_ROWS = 8;
const FEWEST = 2;

function ModelChoice() {
  const t = useCompareTexts();
  const models = useModels();
  const chosen = useComparison((state) => state.models);
  const ids = (models.data?.data ?? []).map(({ id }) => id);
  return (
    <>
      {models.error && <FailureNotice error={models.error} onRetry={() => void models.refetch()} />}
      <MultiSelect
        label={t('models')}
        description={t('modelsWhy', { most: MOST_COMPARED })}
        placeholder={chosen.length === 0 ? t('choose') : undefined}
        data={[...new Set(['auto', ...ids, ...chosen])]}
        value={[...chosen]}
        onChange={(next) => useComparison.setState({ models: next })}
        maxValues={MOST_COMPARED}
        searchable
        clearable
      />
    </>
  );
}

function Answers() {
  const t = useCompareTexts();
  const question = useComparison((state) => state.question);
  const answers = Object.entries(useComparison((state) => state.answers));
  if (!question) return <Text c="dimmed">{t('empty')}</Text>;
  const columns = Math.min(answers.length, MOST_COMPARED);
  return (
    <Stack gap="sm" component="section" aria-label={t('answers', { question: question.text })}>
      <Text fw={600} lineClamp={3}>
        {t('answers', { question: question.text })}
      </Text>
      <SimpleGrid cols={{ base: 1, md: 2, xl: columns }} spacing="md">
        {answers.map(([model, answer]) => (
          <CompareColumn key={model} model={model} answer={answer} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function SettingsButton() {
  const t = useChatTexts();
  const texts = useSettingsTexts();
  const settings = useComparison((state) => state.settings);
  const [opened, { open, close }] = useDisclosure();
  const changed = changedSettings(settings);
  return (
    <>
      <Button
        variant={changed > 0 ? 'light' : 'default'}
        leftSection={<SlidersHorizontal size={16} aria-hidden />}
        onClick={open}
      >
        {changed > 0 ? t('settingsChanged', { count: changed }) : t('settings')}
      </Button>
      <SettingsDrawer
        title={texts('compareTitle')}
        settings={settings}
        onChange={(changes) => useComparison.setState({ settings: { ...settings, ...changes } })}
        opened={opened}
        onClose={close}
      />
    </>
  );
}

/** One question to several models at once; their answers stream side by side, on a telephone below one another. */
export function CompareView() {
  const t = useCompareTexts();
  const chat = useChatTexts();
  const input = useRef<HTMLTextAreaElement>(null);
  const { prompt, models, settings } = useComparison();
  const running = useComparison(({ answers }) => Object.values(answers).some(({ state }) => state === 'running'));
  const ready = models.length >= FEWEST && prompt.trim() !== '' && areSendable(settings);
  const ask = (): void => {
    if (ready && !running) compareNow();
  };
  const stop = (): void => {
    stopAll();
    input.current?.focus();
  };
  return (
    <Stack
      onKeyDown={(event) => {
        if (event.key === 'Escape' && running && event.currentTarget.contains(event.target as Node)) stop();
      }}
    >
      <ModelChoice />
      <Textarea
        ref={input}
        label={t('prompt')}
        description={t('promptWhy')}
        value={prompt}
        onChange={(event) => useComparison.setState({ prompt: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          ask();
        }}
        autosize
        minRows={2}
        maxRows={MOST_ROWS}
      />
      <Group gap="xs">
        {running ? (
          <Button color="red" leftSection={<Square size={14} aria-hidden />} onClick={stop}>
            {t('stopAll')}
          </Button>
        ) : (
          <Button onClick={ask} disabled={!ready}>
            {t('ask')}
          </Button>
        )}
        <SettingsButton />
        {!ready && !running && (
          <Text size="sm" c="dimmed">
            {areSendable(settings) ? t('needTwo') : chat('badSchema')}
          </Text>
        )}
      </Group>
      <Answers />
    </Stack>
  );
}
