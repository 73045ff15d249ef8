/** What is known of a coding agent's program wherever it runs; how we call it is its preset's (`core/agents/presets`). */
export interface AgentProgram {
  title: string;
  /** Variables that sign it in; one of them is enough. */
  keyNames: readonly string[];
  /** Other variables that it reads, such as where its model is, or the key of a provider that its own settings name. */
  otherNames: readonly string[];
  /** Below the home: its configuration and its log-in. */
  homePaths: readonly string[];
  /** Below the home, one of its folders: where it keeps its sessions; null: it keeps none. */
  sessionFolder: string | null;
  /** Below the home: whoever has one of these has signed in. */
  signInFiles: readonly string[];
  /** How it is signed in, in one sentence. */
  signIn: string;
}

/** By the name of the command. */
export const AGENT_PROGRAMS = {
  claude: {
    title: 'Claude Code',
    keyNames: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_AUTH_TOKEN'],
    otherNames: ['ANTHROPIC_BASE_URL'],
    homePaths: ['.claude', '.claude.json'],
    sessionFolder: '.claude',
    signInFiles: ['.claude/.credentials.json'],
    signIn:
      'Run `claude` once as the user of the runner and log in, or set ANTHROPIC_API_KEY where the runner is started.',
  },
  codex: {
    title: 'Codex',
    keyNames: ['CODEX_API_KEY'],
    // By itself it signs nobody in.
    otherNames: ['OPENAI_API_KEY'],
    homePaths: ['.codex'],
    sessionFolder: '.codex',
    signInFiles: ['.codex/auth.json'],
    signIn:
      'Run `codex login` as the user of the runner, or set CODEX_API_KEY where the runner is started (it takes no OPENAI_API_KEY by itself).',
  },
  gemini: {
    title: 'Gemini CLI',
    keyNames: ['GEMINI_API_KEY'],
    otherNames: ['GOOGLE_GEMINI_BASE_URL', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI'],
    homePaths: ['.gemini'],
    sessionFolder: '.gemini',
    signInFiles: ['.gemini/oauth_creds.json'],
    signIn:
      'Run `gemini` once as the user of the runner and log in, or set GEMINI_API_KEY where the runner is started.',
  },
  opencode: {
    title: 'opencode',
    keyNames: ['OPENCODE_API_KEY', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'OPENROUTER_API_KEY'],
    otherNames: [],
    homePaths: ['.config/opencode', '.local/share/opencode'],
    sessionFolder: '.local/share/opencode',
    signInFiles: ['.local/share/opencode/auth.json'],
    signIn:
      "Run `opencode auth login` as the user of the runner, or set the key of your model's provider where the runner is started.",
  },
  aider: {
    title: 'Aider',
    keyNames: ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'DEEPSEEK_API_KEY', 'OPENROUTER_API_KEY'],
    otherNames: ['OPENAI_API_BASE'],
    homePaths: ['.aider.conf.yml'],
    sessionFolder: null,
    signInFiles: [],
    signIn: "Set the key of your model's provider where the runner is started, for example OPENAI_API_KEY.",
  },
} as const satisfies Record<string, AgentProgram>;
export type AgentProgramName = keyof typeof AGENT_PROGRAMS;

/** Names of all variables by which these programs are signed in and told where their models are. */
export function agentVariableNames(
  programs: readonly AgentProgram[] = Object.values<AgentProgram>(AGENT_PROGRAMS),
): string[] {
  return [...new Set(programs.flatMap(({ keyNames, otherNames }) => [...keyNames, ...otherNames]))];
}
