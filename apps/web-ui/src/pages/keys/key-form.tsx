import type { Tier } from '@local-llm-agent/contracts';
import { Alert, Button, Checkbox, Fieldset, Group, Radio, Stack, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { ApiFailure } from '../../api/http.client';
import { useModels } from '../../api/models.api';
import { FailureNotice } from '../../components/failure-notice';
import { EndField, LimitFields, type KeyForm } from './key-form-fields';
import { endProblem, limitProblem, modelsProblem, nameProblem, type KeyFormValues } from './key-form.policy';
import { fieldOfParam } from './key-form.translate';
import { useKeysTexts, type KeysTranslate } from './keys.texts';

const ROLES = ['inference', 'admin'] as const;
const TIERS: readonly Tier[] = ['small', 'main'];

/** The form with the checks of the gateway, so that what can be known is said before anything is sent. */
function useKeyForm(initialValues: KeyFormValues, isNew: boolean, t: KeysTranslate): KeyForm {
  const limit = (value: number | string): string | null => {
    const problem = limitProblem(value);
    return problem && t(problem);
  };
  return useForm<KeyFormValues>({
    initialValues,
    validate: {
      name: (name) => {
        const problem = nameProblem(name);
        return problem && t(problem);
      },
      models: (models) => {
        const problem = modelsProblem(models);
        return problem && t(problem);
      },
      requestsPerMinute: limit,
      tokensPerMinute: limit,
      concurrency: limit,
      tokensPerMonth: limit,
      expiresAt: (end) => {
        const problem = isNew ? endProblem(end, Date.now()) : null;
        return problem && t(problem);
      },
    },
  });
}

/** Puts an error of the gateway at the field that it names; gives back one that is about none of them. */
function useFieldError(form: KeyForm, error: Error | null): Error | null {
  const field = error instanceof ApiFailure ? fieldOfParam(error.details.param) : undefined;
  const shown = useRef<Error>(null);
  useEffect(() => {
    if (!error || !field || shown.current === error) return;
    shown.current = error;
    form.setFieldError(field, error.message);
  }, [error, field, form]);
  return field ? null : error;
}

interface RoleFieldProps {
  readonly form: KeyForm;
  readonly isFirst: boolean;
}

function RoleField({ form, isFirst }: RoleFieldProps) {
  const t = useKeysTexts();
  return (
    <>
      <Radio.Group label={t('role')} {...form.getInputProps('role')}>
        <Stack gap="xs" mt={4}>
          {ROLES.map((role) => (
            <Radio key={role} value={role} label={t(role)} description={t(`${role}Why`)} />
          ))}
        </Stack>
      </Radio.Group>
      {isFirst && form.values.role !== 'admin' && (
        <Alert color="yellow" variant="light" role="status">
          {t('firstNotAdmin')}
        </Alert>
      )}
    </>
  );
}

interface KeyFormFieldsProps {
  readonly initial: KeyFormValues;
  /** Whether it makes a key; else it changes one. */
  readonly isNew: boolean;
  /** Whether there is no key yet, so that this one decides who may make others. */
  readonly isFirst: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly submit: (values: KeyFormValues) => void;
  readonly cancel: () => void;
}

/** The form that makes or changes a key. */
export function KeyFormFields({ initial, isNew, isFirst, busy, error, submit, cancel }: KeyFormFieldsProps) {
  const t = useKeysTexts();
  const form = useKeyForm(initial, isNew, t);
  const other = useFieldError(form, error);
  const focusFirst = (errors: Readonly<Record<string, unknown>>): void => {
    const [first] = Object.keys(form.values).filter((field) => errors[field] !== undefined);
    if (first !== undefined) form.getInputNode(first)?.focus();
  };
  const models = useModels().data?.data.map(({ id }) => id) ?? [];
  return (
    <form onSubmit={form.onSubmit(submit, focusFirst)} noValidate>
      <Stack>
        <TextInput
          label={t('name')}
          description={t('nameHint')}
          required
          data-autofocus
          autoComplete="off"
          {...form.getInputProps('name')}
        />
        <RoleField form={form} isFirst={isFirst} />
        <TagsInput
          label={t('models')}
          description={t('modelsHint')}
          data={models}
          clearable={false}
          acceptValueOnBlur
          {...form.getInputProps('models')}
        />
        <Checkbox.Group label={t('tiers')} description={t('tiersHint')} {...form.getInputProps('tiers')}>
          <Group mt={4}>
            {TIERS.map((tier) => (
              <Checkbox key={tier} value={tier} label={tier} />
            ))}
          </Group>
        </Checkbox.Group>
        <Fieldset legend={t('limits')}>
          <LimitFields form={form} />
        </Fieldset>
        <EndField form={form} />
        {other && <FailureNotice error={other} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={cancel}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {isNew ? t('makeIt') : t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
