import { useMutation } from 'urql';
import { MoreHorizontal } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { PeopleQuery } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
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

/** One account, and what an administrator can do about it. */
export function PersonItem({ user, isViewer }: { user: Person; isViewer: boolean }) {
  const [, updateUser] = useMutation(UpdateUser_Mutation);
  const change = async (changes: { isActive?: boolean; isAdmin?: boolean }): Promise<void> => {
    const failure = mutationFailure(await updateUser({ input: { userId: user.id, ...changes } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <p className="title-wrap min-w-0 flex-1 font-medium">{user.email}</p>
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
        <MenuItem onSelect={() => void change({ isAdmin: !user.isAdmin })}>
          {user.isAdmin ? 'Make no administrator' : 'Make administrator'}
        </MenuItem>
        <MenuItem isDanger={user.isActive} onSelect={() => void change({ isActive: !user.isActive })}>
          {user.isActive ? 'Deactivate: can not sign in' : 'Activate'}
        </MenuItem>
      </Menu>
    </li>
  );
}
