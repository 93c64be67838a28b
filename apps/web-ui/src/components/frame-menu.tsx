import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Menu,
  PasswordInput,
  Popover,
  Stack,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Check, KeyRound, Languages, SunMoon, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { useAppTexts } from '../app.texts';
import { LANGUAGES, useLanguage } from '../i18n/i18n';
import { useKey } from '../session/key.store';

function KeyForm({ done }: { readonly done: () => void }) {
  const t = useAppTexts();
  const queries = useQueryClient();
  const { key, remembered, setKey } = useKey();
  const [text, setText] = useState(key);
  const [remember, setRemember] = useState(remembered);
  const use = (value: string): void => {
    setKey(value.trim(), remember);
    void queries.invalidateQueries();
    done();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        use(text);
      }}
    >
      <Stack gap="sm">
        <PasswordInput
          label={t('key')}
          description={t('keyWhy')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        <Checkbox
          label={t('keyRemember')}
          checked={remember}
          onChange={(event) => setRemember(event.currentTarget.checked)}
        />
        <Group justify="space-between">
          <Button type="submit" disabled={text.trim() === ''}>
            {t('keySave')}
          </Button>
          {key !== '' && (
            <Button variant="default" onClick={() => use('')}>
              {t('keyForget')}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function KeyButton() {
  const t = useAppTexts();
  const hasKey = useKey(({ key }) => key !== '');
  const [opened, { toggle, close }] = useDisclosure();
  return (
    <Popover
      opened={opened}
      onChange={close}
      onDismiss={close}
      width={320}
      position="bottom-end"
      trapFocus
      withinPortal
    >
      <Popover.Target>
        <ActionIcon
          variant={hasKey ? 'light' : 'default'}
          size="lg"
          aria-label={hasKey ? t('keySet') : t('key')}
          onClick={toggle}
        >
          <KeyRound size={18} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('key')}>
        <KeyForm done={close} />
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoiceMenuProps<T extends string> {
  readonly label: string;
  readonly icon: LucideIcon;
  /** What there is to choose, by value, each in words. */
  readonly choices: Readonly<Record<T, string>>;
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
  /** The language of the words of a choice, where it is another one than that of the page. */
  readonly languageOf?: (value: T) => string;
}

function ChoiceMenu<T extends string>(props: ChoiceMenuProps<T>) {
  const { label, icon: Icon, choices, chosen, onChoose, languageOf } = props;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={label}>
          <Icon size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(choices) as T[]).map((value) => (
          <Menu.Item
            key={value}
            lang={languageOf?.(value)}
            onClick={() => onChoose(value)}
            rightSection={value === chosen ? <Check size={16} aria-hidden /> : undefined}
          >
            {choices[value]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function LanguageMenu() {
  const t = useAppTexts();
  const [language, setLanguage] = useLanguage();
  return (
    <ChoiceMenu
      label={t('language')}
      icon={Languages}
      choices={LANGUAGES}
      chosen={language}
      onChoose={setLanguage}
      languageOf={(code) => code}
    />
  );
}

function SchemeMenu() {
  const t = useAppTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices = { light: t('light'), dark: t('dark'), auto: t('auto') };
  return (
    <ChoiceMenu label={t('scheme')} icon={SunMoon} choices={choices} chosen={colorScheme} onChoose={setColorScheme} />
  );
}

/** The key of the user, the language and the colours. */
export function FrameMenu() {
  return (
    <Group gap={6} wrap="nowrap" flex="none">
      <KeyButton />
      <LanguageMenu />
      <SchemeMenu />
    </Group>
  );
}
