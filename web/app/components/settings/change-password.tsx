import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { rawFormText } from '~/lib/form-text.ts';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { showToast } from '../ui/toast-store.ts';

const ChangePassword_Mutation = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      __typename
      ... on ChangePasswordPayload {
        user {
          id
        }
      }
      ... on UserError {
        code
        message
      }
    }
  }
`);

export function ChangePassword() {
  const [{ fetching }, changePassword] = useMutation(ChangePassword_Mutation);
  const [failure, setFailure] = useState<string | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    const refused = mutationFailure(
      await changePassword({
        input: { currentPassword: rawFormText(fields, 'current'), newPassword: rawFormText(fields, 'new') },
      }),
    );
    setFailure(refused);
    if (refused) return;
    form.reset();
    showToast({ kind: 'info', text: 'Password changed. Your other sessions have ended.' });
  };
  return (
    <form
      className="flex max-w-sm flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      {failure ? (
        <Notice kind="error" role="alert">
          {failure}
        </Notice>
      ) : null}
      <Field label="Current password">
        <Input name="current" type="password" autoComplete="current-password" required />
      </Field>
      <Field label="New password" hint="At least 8 characters. Your other sessions end.">
        <Input name="new" type="password" autoComplete="new-password" required minLength={8} maxLength={200} />
      </Field>
      <div>
        <Button type="submit" isBusy={fetching}>
          Change password
        </Button>
      </div>
    </form>
  );
}
