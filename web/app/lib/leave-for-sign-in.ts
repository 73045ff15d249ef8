let isLeaving = false;

/** The session has ended: sign in again and come back to exactly this page. Drafts are kept by their own fields. */
export function leaveForSignIn(): void {
  if (isLeaving || location.pathname === '/sign-in') return;
  isLeaving = true;
  location.assign(`/sign-in?expired&next=${encodeURIComponent(`${location.pathname}${location.search}`)}`);
}
