import { Button, Group, Select } from '@mantine/core';
import { SlidersHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { useModels } from '../../api/models.api';
import { useChatTexts } from './chat.texts';
import type { ChatSettings, TierChoice } from './chat.types';
import { changedSettings } from './settings.policy';

interface ModelBarProps {
  readonly settings: ChatSettings;
  readonly onChange: (changes: Partial<ChatSettings>) => void;
  readonly onSettings: () => void;
  /** What else stands in the row of the settings. */
  readonly children?: ReactNode;
}

function isTierChoice(value: string | null): value is TierChoice {
  return value === 'auto' || value === 'small' || value === 'main';
}

/** Who is asked: the model and the tier, and how: the way to the settings. */
export function ModelBar({ settings, onChange, onSettings, children }: ModelBarProps) {
  const t = useChatTexts();
  const ids = (useModels().data?.data ?? []).map(({ id }) => id);
  const known = settings.model === 'auto' || ids.includes(settings.model);
  const choices = [
    { value: 'auto', label: t('auto') },
    ...ids.map((id) => ({ value: id, label: id })),
    ...(known ? [] : [{ value: settings.model, label: t('gone', { model: settings.model }) }]),
  ];
  const changed = changedSettings(settings);
  return (
    <Group gap="xs" align="flex-end">
      <Select
        label={t('model')}
        data={choices}
        value={settings.model}
        onChange={(model) => model !== null && onChange({ model })}
        searchable
        allowDeselect={false}
        nothingFoundMessage={t('noModel')}
        flex={1}
        miw={170}
        maw={360}
      />
      <Select
        label={t('tier')}
        data={[
          { value: 'auto', label: t('tierAuto') },
          { value: 'small', label: t('tierSmall') },
          { value: 'main', label: t('tierMain') },
        ]}
        value={settings.tier}
        onChange={(tier) => isTierChoice(tier) && onChange({ tier })}
        allowDeselect={false}
        w={100}
      />
      {children}
      <Button
        variant={changed > 0 ? 'light' : 'default'}
        leftSection={<SlidersHorizontal size={16} aria-hidden />}
        onClick={onSettings}
      >
        {changed > 0 ? t('settingsChanged', { count: changed }) : t('settings')}
      </Button>
    </Group>
  );
}
