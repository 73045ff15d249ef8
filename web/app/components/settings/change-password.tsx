import { useMutation } from 'urql';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { rawFormText } from '~/lib/form-text.ts';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
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
      ...MutationFailure_UserError
    }
  }
`);

export function ChangePassword() {
  const [, changePassword] = useMutation(ChangePassword_Mutation);
  const submit = async (fields: FormData, form: HTMLFormElement): Promise<string | null> => {
    const refused = mutationFailure(
      await changePassword({
        input: { currentPassword: rawFormText(fields, 'current'), newPassword: rawFormText(fields, 'new') },
      }),
    );
    if (refused) return refused;
    form.reset();
    showToast({ kind: 'info', text: 'Password changed. Your other sessions have ended.' });
    return null;
  };
  return (
    <MutationForm className="max-w-sm" onSubmit={submit} submitLabel="Change password">
      <Field label="Current password">
        <Input name="current" type="password" autoComplete="current-password" required />
      </Field>
      <Field label="New password" hint={`At least ${MIN_PASSWORD_CHARS} characters. Your other sessions end.`}>
        <Input
          name="new"
          type="password"
          autoComplete="new-password"
          required
          minLength={MIN_PASSWORD_CHARS}
          maxLength={MAX_PASSWORD_CHARS}
        />
      </Field>
    </MutationForm>
  );
}
