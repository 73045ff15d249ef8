import { useState } from 'react';
import { useMutation } from 'urql';
import { MoreHorizontal } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { PeopleQuery } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { showToast } from '../ui/toast-store.ts';

const UpdateUser_Mutation = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      __typename
      ... on UpdateUserPayload {
        user {
          id
          isAdmin
          isActive
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

type Person = NonNullable<PeopleQuery['users']>['nodes'][number];

type Change = 'give administration' | 'take administration' | 'deactivate' | 'activate';

const CHANGES: Record<Change, { isActive?: boolean; isAdmin?: boolean }> = {
  'give administration': { isAdmin: true },
  'take administration': { isAdmin: false },
  deactivate: { isActive: false },
  activate: { isActive: true },
};

/** What is asked first; activating takes nothing away and gives nothing new. */
function questionOf(change: Exclude<Change, 'activate'>, email: string, isViewer: boolean) {
  switch (change) {
    case 'give administration':
      return {
        title: `Make ${email} an administrator?`,
        text: 'Administrators see and change every project, every machine and every account, yours too.',
        confirmLabel: 'Make administrator',
      };
    case 'take administration':
      return {
        title: isViewer ? 'Give up administration?' : `Make ${email} no administrator?`,
        text: isViewer
          ? 'You see only the projects that you are a member of, and can not take it back by yourself.'
          : 'They see only the projects that they are a member of, and no accounts and machines any more.',
        confirmLabel: isViewer ? 'Give it up' : 'Make no administrator',
        isDanger: true,
      };
    case 'deactivate':
      return {
        title: isViewer ? 'Deactivate your own account?' : `Deactivate ${email}?`,
        text: isViewer
          ? 'You are signed out everywhere, and can not sign in until another administrator activates the account. Your tasks, and what you did, stay.'
          : 'They are signed out everywhere and can not sign in. Their tasks, and what they did, stay; activated again, they have the projects that they had.',
        confirmLabel: 'Deactivate',
        isDanger: true,
      };
  }
}

/** One account, and what an administrator can do about it. */
export function PersonItem({ user, isViewer }: { user: Person; isViewer: boolean }) {
  const [{ fetching }, updateUser] = useMutation(UpdateUser_Mutation);
  const [asked, ask] = useState<Exclude<Change, 'activate'> | null>(null);
  const carryOut = async (change: Change): Promise<void> => {
    const failure = mutationFailure(await updateUser({ input: { userId: user.id, ...CHANGES[change] } }));
    ask(null);
    if (failure) showToast({ kind: 'error', text: failure });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <p className="title-wrap min-w-0 grow basis-48 font-medium">{user.email}</p>
      {isViewer ? <Badge>You</Badge> : null}
      {user.isAdmin ? <Badge>Administrator</Badge> : null}
      {user.isActive ? null : <Badge>Inactive</Badge>}
      <RelativeTime value={user.createdAt} className="w-24 shrink-0 text-right text-dense text-faint max-sm:hidden" />
      <Menu
        label={`Change ${user.email}`}
        align="end"
        trigger={
          <IconButton label={`Change ${user.email}`} size="sm">
            <MoreHorizontal aria-hidden className="size-4" />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => ask(user.isAdmin ? 'take administration' : 'give administration')}>
          {user.isAdmin ? 'Make no administrator…' : 'Make administrator…'}
        </MenuItem>
        {user.isActive ? (
          <MenuItem isDanger onSelect={() => ask('deactivate')}>
            Deactivate…
          </MenuItem>
        ) : (
          <MenuItem onSelect={() => void carryOut('activate')}>Activate</MenuItem>
        )}
      </Menu>
      {asked ? (
        <ConfirmDialog
          isOpen
          onClose={() => ask(null)}
          {...questionOf(asked, user.email, isViewer)}
          isBusy={fetching}
          onConfirm={() => void carryOut(asked)}
        />
      ) : null}
    </li>
  );
}
