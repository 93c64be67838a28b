import {
  Button,
  Drawer,
  Fieldset,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
} from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import type { AnswerForm, ChatSettings } from './chat.types';
import { SchemaEditor } from './schema-editor';
import { FIRST_SETTINGS, MOST_STOPS, RANGES } from './settings.policy';
import { useSettingsTexts } from './settings.texts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high'] as const;
const FORMS: readonly AnswerForm[] = ['text', 'json_object', 'json_schema'];
const MOST_ROWS = 10;

interface SettingsProps {
  readonly settings: ChatSettings;
  readonly onChange: (changes: Partial<ChatSettings>) => void;
}

function numberOf(value: string | number): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function Numbers({ settings, onChange }: SettingsProps) {
  const t = useSettingsTexts();
  const names = ['temperature', 'topP', 'maxTokens', 'seed'] as const;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      {names.map((name) => (
        <NumberInput
          key={name}
          label={t(name)}
          description={t(`${name}Why`)}
          value={settings[name] ?? ''}
          onChange={(value) => onChange({ [name]: numberOf(value) })}
          {...RANGES[name]}
          allowDecimal={name === 'temperature' || name === 'topP'}
          clampBehavior="strict"
        />
      ))}
    </SimpleGrid>
  );
}

function Form({ settings, onChange }: SettingsProps) {
  const t = useSettingsTexts();
  return (
    <Stack gap="sm">
      <Select
        label={t('form')}
        data={FORMS.map((form) => ({ value: form, label: t(form) }))}
        value={settings.form}
        onChange={(value) => {
          const form = FORMS.find((each) => each === value);
          if (form) onChange({ form });
        }}
        allowDeselect={false}
      />
      {settings.form === 'json_schema' && (
        <SchemaEditor text={settings.schema} onChange={(schema) => onChange({ schema })} />
      )}
    </Stack>
  );
}

function Sampling({ settings, onChange }: SettingsProps) {
  const t = useSettingsTexts();
  return (
    <Fieldset legend={t('sampling')}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('unset')}
        </Text>
        <Numbers settings={settings} onChange={onChange} />
        <TagsInput
          label={t('stop')}
          description={t('stopWhy')}
          value={[...settings.stop]}
          onChange={(stop) => onChange({ stop })}
          maxTags={MOST_STOPS}
          splitChars={[]}
        />
        <Select
          label={t('effort')}
          description={t('effortWhy')}
          placeholder={t('effortNone')}
          data={EFFORTS.map((effort) => ({ value: effort, label: t(`name_${effort}`) }))}
          value={settings.effort ?? null}
          onChange={(value) => onChange({ effort: EFFORTS.find((each) => each === value) })}
          clearable
        />
      </Stack>
    </Fieldset>
  );
}

interface SettingsDrawerProps extends SettingsProps {
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The settings of a conversation. What is changed holds from the next question on. */
export function SettingsDrawer({ settings, onChange, title, opened, onClose }: SettingsDrawerProps) {
  const t = useSettingsTexts();
  const { model, tier } = settings;
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position="right"
      size="lg"
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack>
        <Textarea
          label={t('system')}
          description={t('systemWhy')}
          value={settings.system}
          onChange={(event) => onChange({ system: event.currentTarget.value })}
          autosize
          minRows={3}
          maxRows={MOST_ROWS}
          data-autofocus
        />
        <Form settings={settings} onChange={onChange} />
        <Sampling settings={settings} onChange={onChange} />
        <Group>
          <Button
            variant="default"
            leftSection={<RotateCcw size={16} aria-hidden />}
            onClick={() => onChange({ ...FIRST_SETTINGS, ...UNSET, model, tier })}
          >
            {t('reset')}
          </Button>
        </Group>
      </Stack>
    </Drawer>
  );
}

/** Settings that are left to the gateway. */
const UNSET = { temperature: undefined, topP: undefined, maxTokens: undefined, seed: undefined, effort: undefined };
