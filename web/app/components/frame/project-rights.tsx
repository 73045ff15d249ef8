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
export function Guarded(props: { permission: ProjectPermission; children: ReactNode }) {
  return (
    <>
      <RefusalNotice permission={props.permission} />
      <GuardedControls {...props} />
    </>
  );
}

/** Why the person may not do this, where it is seen; nothing when he may. */
export function RefusalNotice({ permission }: { permission: ProjectPermission }) {
  const refusal = useRefusal(permission);
  return refusal === undefined ? null : (
    <Notice kind="info" className="mb-4">
      {refusal}
    </Notice>
  );
}

/** The same without the words, for each of several that stand below one `RefusalNotice`. */
export function GuardedControls(props: { permission: ProjectPermission; className?: string; children: ReactNode }) {
  const isRefused = useRefusal(props.permission) !== undefined;
  return (
    <fieldset disabled={isRefused} className={props.className ?? 'min-w-0'}>
      {props.children}
    </fieldset>
  );
}
