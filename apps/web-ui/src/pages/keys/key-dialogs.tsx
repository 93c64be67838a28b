import type { ApiKey, NewApiKey } from '@local-llm-agent/contracts';
import { Alert, Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useCreateKey, useRevokeKey, useRotateKey, useUpdateKey } from '../../api/keys.api';
import { FailureNotice } from '../../components/failure-notice';
import { useKey } from '../../session/key.store';
import { KeyFormFields } from './key-form';
import { EMPTY_FORM, toCreateRequest, toFormValues, toUpdateRequest } from './key-form.translate';
import { isKeyOf } from './key-state.policy';
import { useKeysTexts } from './keys.texts';
import type { NewKeyReason } from './new-key-notice';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** How long an old key may stay good, seconds; the gateway takes 90 days at most. */
const GRACES = {
  graceNone: 0,
  graceHour: HOUR,
  graceDay: DAY,
  graceWeek: 7 * DAY,
  graceMonth: 30 * DAY,
  graceLongest: 90 * DAY,
} as const;

/** Shows a key that was just made. */
export type ShowKey = (key: NewApiKey, reason: NewKeyReason) => void;

interface DialogProps {
  readonly done: () => void;
}

/** Makes a key. */
export function CreateKey({
  isFirst,
  show,
  done,
}: DialogProps & { readonly isFirst: boolean; readonly show: ShowKey }) {
  const { mutate, isPending, error } = useCreateKey();
  return (
    <KeyFormFields
      initial={isFirst ? { ...EMPTY_FORM, role: 'admin' } : EMPTY_FORM}
      isNew
      isFirst={isFirst}
      busy={isPending}
      error={error}
      submit={(values) =>
        mutate(toCreateRequest(values), { onSuccess: (key) => show(key, isFirst ? 'first' : 'made') })
      }
      cancel={done}
    />
  );
}

/** Changes what a key may do. */
export function EditKey({ apiKey, done }: DialogProps & { readonly apiKey: ApiKey }) {
  const t = useKeysTexts();
  const { mutate, isPending, error } = useUpdateKey(apiKey.id);
  const before = toFormValues(apiKey);
  return (
    <KeyFormFields
      initial={before}
      isNew={false}
      isFirst={false}
      busy={isPending}
      error={error}
      submit={(values) =>
        mutate(toUpdateRequest(before, values), {
          onSuccess: ({ name }) => {
            notifications.show({ message: t('saved', { name }), color: 'green' });
            done();
          },
        })
      }
      cancel={done}
    />
  );
}

/** Gives a key a new text. */
export function RotateKey({ apiKey, show, done }: DialogProps & { readonly apiKey: ApiKey; readonly show: ShowKey }) {
  const t = useKeysTexts();
  const own = useKey(({ key }) => isKeyOf(key, apiKey));
  const { mutate, isPending, error } = useRotateKey(apiKey.id);
  const [grace, setGrace] = useState<keyof typeof GRACES>('graceDay');
  const rotate = (): void => mutate(GRACES[grace], { onSuccess: (key) => show(key, own ? 'rotated-own' : 'made') });
  return (
    <Stack>
      <Text>{t('rotateWhy')}</Text>
      <NativeSelect
        label={t('grace')}
        data-autofocus
        value={grace}
        onChange={(event) => setGrace(event.currentTarget.value as keyof typeof GRACES)}
        data={(Object.keys(GRACES) as (keyof typeof GRACES)[]).map((value) => ({ value, label: t(value) }))}
      />
      {error && <FailureNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={done}>
          {t('cancel')}
        </Button>
        <Button onClick={rotate} loading={isPending}>
          {t('rotate')}
        </Button>
      </Group>
    </Stack>
  );
}

/** Ends a key for good, once that is confirmed. */
export function RevokeKey({
  apiKey,
  isLast,
  done,
}: DialogProps & { readonly apiKey: ApiKey; readonly isLast: boolean }) {
  const t = useKeysTexts();
  const own = useKey(({ key }) => isKeyOf(key, apiKey));
  const { mutate, isPending, error } = useRevokeKey(apiKey.id);
  const revoke = (): void =>
    mutate(undefined, {
      onSuccess: ({ name }) => {
        notifications.show({ message: t('revokedNow', { name }), color: 'green' });
        done();
      },
    });
  return (
    <Stack>
      <Text>{t('revokeWhy')}</Text>
      {(own || isLast) && (
        <Alert color="red" variant="light">
          {own && <Text size="sm">{t('revokeOwn')}</Text>}
          {isLast && <Text size="sm">{t('revokeLastAdmin')}</Text>}
        </Alert>
      )}
      {error && <FailureNotice error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={done} data-autofocus>
          {t('cancel')}
        </Button>
        <Button color="red" onClick={revoke} loading={isPending}>
          {t('revoke')}
        </Button>
      </Group>
    </Stack>
  );
}
