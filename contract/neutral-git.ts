/** Environment of a Git command that nobody's settings change and that asks nobody anything. */
export const NEUTRAL_GIT = {
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
} as const;

export interface GitPerson {
  name: string;
  email: string;
}

/** Who is named in the commits of a Git command. */
export function gitIdentity(author: GitPerson, committer: GitPerson = author): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
  };
}
