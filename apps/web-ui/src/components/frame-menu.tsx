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
import { Check, KeyRound, Languages, SunMoon } from 'lucide-react';
import { useState } from 'react';
import { useAppTexts } from '../app.texts';
import { LANGUAGES, useLanguage, type Language } from '../i18n/i18n';
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

function LanguageMenu() {
  const t = useAppTexts();
  const [language, setLanguage] = useLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={t('language')}>
          <Languages size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <Menu.Item
            key={code}
            lang={code}
            onClick={() => setLanguage(code as Language)}
            rightSection={code === language ? <Check size={16} aria-hidden /> : undefined}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeMenu() {
  const t = useAppTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={t('scheme')}>
          <SunMoon size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['light', 'dark', 'auto'] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            rightSection={scheme === colorScheme ? <Check size={16} aria-hidden /> : undefined}
          >
            {t(scheme)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
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
