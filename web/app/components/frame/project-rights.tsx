import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { ProjectFrameQuery, ProjectPermission } from '~/graphql/gql/graphql.ts';
import { Notice } from '../ui/notice.tsx';

type Rights = NonNullable<ProjectFrameQuery['project']>['viewerRights'];

const Context = createContext<ReadonlyMap<ProjectPermission, string>>(new Map());

/** What the person may do in the project whose pages are below: the server says it once, and no page guesses. */
export function ProjectRights({ rights, children }: { rights: Rights; children: ReactNode }) {
  const refusals = useMemo(
    () => new Map(rights.flatMap(({ permission, refusal }) => (refusal === null ? [] : [[permission, refusal]]))),
    [rights],
  );
  return <Context.Provider value={refusals}>{children}</Context.Provider>;
}

/** Why the person may not do this in the project, in words to show; undefined: it is allowed. */
export function useRefusal(permission: ProjectPermission): string | undefined {
  return useContext(Context).get(permission);
}

/** Controls that can only be looked at by those who may not do what they do; it says why, once. */
export function Guarded({ permission, children }: { permission: ProjectPermission; children: ReactNode }) {
  const refusal = useRefusal(permission);
  return (
    <fieldset disabled={refusal !== undefined} className="min-w-0">
      {refusal === undefined ? null : (
        <Notice kind="info" className="mb-4">
          {refusal}
        </Notice>
      )}
      {children}
    </fieldset>
  );
}
